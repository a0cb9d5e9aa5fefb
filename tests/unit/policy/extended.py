"""A policy with a category and steps of its own, and RCA times by severity and category."""

from ledger.policy import Policy, parse_policy, shipped

CATEGORIES = """
[categories.prompt_injection]
label = "Prompt injection"
words = "Somebody made the system follow instructions that are not its owner's."
"""
STEPS = """
[steps.legal_review]
label = "Legal review"

[steps.tell_authority]
label = "Tell the authority"
waivable = false
categories = ["data_breach", "prompt_injection"]
severities = ["critical", "high"]

[steps.brief_board]
label = "Brief the board"
severities = ["critical"]
"""
DUE = """
[rca.due_after_by_severity]
critical = "PT8H"
low = "PT72H"
"""
DUE_BY_CATEGORY = """
[rca.due_after_by_category]
data_breach = "PT12H"
"""


def changed(text: str, *changes: tuple[str, str]) -> str:
    """The text with the first occurrence of each `old` replaced by its `new`."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


BARE = "".join(line for line in shipped().splitlines(keepends=True) if line[:1] != "#")
"""The shipped policy without its comments, which hold examples."""
TEXT = changed(
    BARE,
    ('"infra_error"]', '"infra_error", "prompt_injection"]'),
    ('    "classify", ', '    "tell_authority",\n    "brief_board",\n    "classify", '),
    ('    "playbook", ', '    "legal_review",\n    "playbook", '),
    ("[categories]\n", CATEGORIES),
    ("[steps]\n", STEPS),
    ("[rca.due_after_by_severity]\n", DUE),
    ("[rca.due_after_by_category]\n", DUE_BY_CATEGORY),
)
EXTENDED: Policy = parse_policy(TEXT)
