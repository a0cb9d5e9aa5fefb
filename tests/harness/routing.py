"""What an Alertmanager of the rig is told: where to send, how to group, whom to meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """A webhook and the route that leads to it; durations as Alertmanager writes them."""

    url: str
    token: str | None = None
    name: str = "ledger"
    matchers: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ("alertname", "system")
    group_wait: str = "300ms"
    group_interval: str = "500ms"
    repeat_interval: str = "1h"
    max_alerts: int = 0
    send_resolved: bool = True

    def route(self) -> dict[str, Any]:
        return {
            "receiver": self.name,
            "group_by": list(self.group_by),
            "group_wait": self.group_wait,
            "group_interval": self.group_interval,
            "repeat_interval": self.repeat_interval,
        }

    def integration(self) -> dict[str, Any]:
        """How it sends."""
        return {"webhook_configs": [self._webhook()]}

    def _webhook(self) -> dict[str, Any]:
        webhook: dict[str, Any] = {
            "url": self.url,
            "send_resolved": self.send_resolved,
            "max_alerts": self.max_alerts,
        }
        if self.token is not None:
            authorization = {"type": "Bearer", "credentials": self.token}
            webhook["http_config"] = {"authorization": authorization}
        return webhook


@dataclass(frozen=True, kw_only=True)
class PagerDuty(Receiver):
    """The same through PagerDuty's Events API v2, with `token` as the routing key."""

    def integration(self) -> dict[str, Any]:
        told = {
            "url": self.url,
            "routing_key": self.token,
            "send_resolved": self.send_resolved,
            "class": "{{ .CommonLabels.alertname }}",
            "details": {"system": "{{ .CommonLabels.system }}"},
        }
        return {"pagerduty_configs": [told]}


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Membership of a pair: who sends second waits `peer_timeout` for word from the first."""

    peers: tuple[str, ...] = ()
    peer_timeout: str = "0s"
    gossip_interval: str = "50ms"

    @property
    def probe_interval(self) -> str:
        """Probes carry gossip along, so a pair that is not to gossip must not probe either."""
        return "1h" if self.gossip_interval == "1h" else "1s"

    def flags(self, address: str) -> list[str]:
        return [
            f"--cluster.listen-address={address}",
            f"--cluster.peer-timeout={self.peer_timeout}",
            f"--cluster.gossip-interval={self.gossip_interval}",
            f"--cluster.probe-interval={self.probe_interval}",
            "--cluster.settle-timeout=0s",
            "--cluster.reconnect-interval=1s",
            *(f"--cluster.peer={peer}" for peer in self.peers),
        ]


def config(receivers: Sequence[Receiver], resolve_timeout: str) -> dict[str, Any]:
    """JSON is YAML. One receiver without matchers is the root; else each has a route of its own."""
    if len(receivers) == 1 and not receivers[0].matchers:
        route, others = receivers[0].route(), []
    else:
        children = [
            {**receiver.route(), "matchers": list(receiver.matchers), "continue": True}
            for receiver in receivers
        ]
        route, others = {"receiver": "nobody", "routes": children}, [{"name": "nobody"}]
    return {
        "global": {"resolve_timeout": resolve_timeout},
        "route": route,
        "receivers": [{"name": receiver.name, **receiver.integration()} for receiver in receivers]
        + others,
    }
