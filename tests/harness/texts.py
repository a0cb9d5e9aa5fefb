"""The two forms of free text: beside the log as shipped, and in the events as before."""

from ledger.policy import shipped

_SHIPPED = 'beside = ["persons", "alerts"]'


def beside_only(*of: str, policy: str | None = None) -> str:
    """The shipped policy, or a text made of it, in which these lie beside the log alone."""
    text = shipped() if policy is None else policy
    assert _SHIPPED in text
    listed = ", ".join(f'"{each}"' for each in of)
    return text.replace(_SHIPPED, f"beside = [{listed}]")


BESIDE = shipped()
INLINE = beside_only()
