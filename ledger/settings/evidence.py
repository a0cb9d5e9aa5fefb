"""The settings of evidence: where its content lies, and how large it may be."""

import re
from typing import Annotated

from pydantic import Field

from ledger.settings.types import Group, Text, matching

_STORE = re.compile(r"file:///\S*|(s3|s3a|gs|az|adl|azure|abfs|abfss)://[^\s/]\S*")
StoreUrl = Annotated[
    Text,
    matching(_STORE, "must begin with file:///, s3://, gs:// or az://, and name a place in it"),
]


class EvidenceSettings(Group):
    """Where the content of evidence lies, and how many bytes one document may have."""

    url: StoreUrl | None = None
    most_bytes: Annotated[int, Field(ge=1, le=2**40)] = 1024**3
