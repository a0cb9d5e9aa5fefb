"""Log-in by OpenID Connect: the provider's endpoints, its keys, and what its ID token says."""
