"""Deployments of GitHub Actions that wait for a release: a custom deployment protection rule.

A GitHub App is told of each deployment to an environment, and reviews it once the release is
decided. It is a process of its own, beside the ledger that it asks.

Sources: GitHub's documentation, "Creating custom deployment protection rules", "Validating webhook
deliveries", "Generating a JSON Web Token (JWT) for a GitHub App" and "Actions limits".
"""
