"""The domain's rules, one by one."""
