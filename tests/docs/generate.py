"""`python -m tests.docs.generate` (or `make docs`) writes the generated pages of docs/reference."""

from tests.docs.pages import GENERATED, REFERENCE


def main() -> None:
    """Writes every generated page."""
    for name, page in GENERATED.items():
        REFERENCE.joinpath(name).write_text(page(), encoding="utf-8")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
