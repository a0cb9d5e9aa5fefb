"""`python -m infra.kafka start|stop|remove`: Apache Kafka for a developer."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from infra.kafka.cluster import Cluster

app = App(name="python -m infra.kafka", help="Apache Kafka on loopback, for development.")
Brokers = Annotated[int, Parameter(help="One, or three for what needs replicas.")]
Directory = Annotated[Path, Parameter(help="Where its data and logs are.")]
HERE = Path("build/kafka/cluster")


@app.command
def start(*, brokers: Brokers = 1, directory: Directory = HERE) -> None:
    """Start it, and print what kafka.bootstrap_servers is to be."""
    cluster = Cluster(directory, brokers)
    cluster.start()
    print(",".join(cluster.bootstrap_servers))


@app.command
def stop(*, brokers: Brokers = 3, directory: Directory = HERE) -> None:
    """Stop it; its data stay."""
    Cluster(directory, brokers).stop()


@app.command
def remove(*, brokers: Brokers = 3, directory: Directory = HERE) -> None:
    """Stop it, and remove its data."""
    Cluster(directory, brokers).remove()


if __name__ == "__main__":
    app()
