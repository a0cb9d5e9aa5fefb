"""Sends what the log requests: notifications, each under a key that the receiver may know it by."""

from consumers.notify.sender import Sender

__all__ = ["Sender"]
