"""What a page is once its scripts have run, and how a headless Chromium is started for it."""

from html.parser import HTMLParser
from urllib.parse import quote

LOADS_WITHIN_SECONDS = 40
FLAGS = (
    "--headless",
    "--no-sandbox",  # continuous integration runs as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
)


class Document(HTMLParser):
    """A page as its elements: `tags` in order, with their attributes, and all of its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.title = ""
        self._texts: list[str] = []
        self._inside = ""
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        """The text of its body, with runs of white space made one space."""
        return " ".join(" ".join(self._texts).split())

    def attributes(self, tag: str, name: str) -> list[str]:
        """The values of an attribute on every such element, in order."""
        return [
            attributes[name] or ""
            for each, attributes in self.tags
            if each == tag and name in attributes
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data
        elif self._inside not in {"script", "style"}:
            self._texts.append(data)


def only_our_scripts(document: Document) -> bool:
    """Whether every script is a file of this server, and no element has a handler of its own."""
    scripts = [attributes.get("src") or "" for tag, attributes in document.tags if tag == "script"]
    handlers = [name for _, attributes in document.tags for name in attributes if name[:2] == "on"]
    return not handlers and all(source.startswith("/static/") for source in scripts)


def log_in_link(url: str, token: str, path: str = "/") -> str:
    """The log-in link of a server, and where it leads."""
    return f"{url}/login?next={quote(path, safe='')}#token={token}"
