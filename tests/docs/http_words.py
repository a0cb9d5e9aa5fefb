"""What docs/reference/http.md says in words: the groups, the refusals, the parameters."""

from consumers.web.problems import RETRY_AFTER_SECONDS
from ledger.store.side_records import IDEMPOTENCY_KEPT

COMMAND = "python -m tests.docs.generate"

HEAD = f"""\
# HTTP

<!-- Generated from the OpenAPI document by `{COMMAND}`; do not edit. -->

Every route for programs: what it needs, what it answers and how it refuses. A running server has
the same as `GET /v1/openapi.json` and as the page `/docs`. Which routes a process serves depends on
its [roles](../how-to/run-on-several-hosts.md): `serve` has all of them.

A token comes as `Authorization: Bearer TOKEN`, or as the password of `Basic`. `airledger token
add` makes one for a person or program with scope `report`, `read`, `audit` (includes `read`),
`operate` (includes `report` and `read`) or `admin` (includes all). `airledger source add` makes one
for an alerting system. The cookie of a browser that is logged in opens `GET` routes as well, by the
scope of its token.

Bodies are JSON in UTF-8, unless a route says otherwise. `Content-Encoding: gzip` and `deflate` are
accepted. Times are RFC 3339 with an offset; answers have them in UTC.

## Refusals

A refusal is a problem (RFC 9457), `application/problem+json`, with `title`, `status` and `detail`,
and where they apply `code`, `rule`, `remedy` and `errors` (a list of `field` and `message`).
[The codes and rules](errors.md) have a page of their own. `POST /v2/enqueue` refuses in the form of
PagerDuty's Events API v2: `status`, `message` and `errors`.

| status | when |
|---|---|
"""

REFUSALS = {
    400: "The request is not valid HTTP, or its body ends before its announced length.",
    401: "The token is missing, unknown or revoked, or the body's signature is wrong.",
    403: "The token is known, and its scope or its source's kind does not allow this route; or the "
    "policy's RACI names no role that its holder has (`code` forbidden).",
    404: "Nothing has this path, id or reference.",
    405: "The path exists, and not with this method; `Allow` names the methods.",
    409: "A rule refused the command; `rule` names it.",
    412: "The stream has changed since the version that `If-Match` names.",
    413: "The body is larger than the [limit](limits.md) of the route.",
    415: "The content coding is not supported; `Accept-Encoding` names those that are.",
    422: "A field or parameter is wrong (`errors` names each one), or the Idempotency-Key was used "
    "with another body.",
    500: "A fault of the server; its log says more.",
    503: "The server cannot do it now; nothing was recorded. `Retry-After` gives "
    f"{RETRY_AFTER_SECONDS} seconds.",
}
"""Every status that refuses, and when. A route's list has those that are its own."""

ASKS = {
    "open": "none",
    "in_body": "of a source of kind `pagerduty`, as the body's `routing_key`",
    "signed": "none; the body's signature is checked, under the secret of the source",
    "intake": "of a source of kind `{kind}`",
    "scope": "scope `{scope}`",
    "/metrics": "none where the process has neither the role intake nor web",
    "/log/tile/entries/{path}": "none where the setting `log.public` is true",
}
"""What a caller's token must be; by path, where a setting or role makes a route open."""

GROUPS = {
    "intake": """\
A source sends signals to the route of its format. The answer comes after the commit and counts
what was recorded, repeated and quarantined. A body from a known source that is not understood is
answered 202 as well, and kept in quarantine. A sender that cannot set a header puts its token into
the path. [Webhooks](../how-to/receive-webhooks.md) are known by their signature.
""",
    "commands": f"""\
A command changes one stream and is named by its path. `ref` is an id or a reference such as
`INC-7`, or its number alone. The answer is the changed object as it is after the command. A command
that has nothing to do is answered in the same way and records nothing.

| header | meaning |
|---|---|
| `Idempotency-Key` | request; at most 200 characters, kept for {IDEMPOTENCY_KEPT.days} days. \
The same request with the same key is carried out once and answered again |
| `If-Match` | request; the `ETag` of an earlier answer. \
The command is refused with 412 when the stream has changed since |
| `ETag` | answer; the stream's version |
| `Airledger-Position` | answer; the leaf of the last event recorded. \
A query with `at_least` set to it includes the change |
| `Airledger-Recorded` | answer; 0 where there was nothing to do, else 1 |
| `Location` | answer of a command that opens a stream; its path |
""",
    "queries": """\
Lists come in pages: `items`, and `next` where there are more. Send `next` as `cursor` with the same
filters and order to get the next page. Unless sorted otherwise, the newest come first.
""",
    "policy": """\
The policy in force, its history, and adopting another one. `POST /v1/policy` takes `If-Match` with
the `ETag` of `GET /v1/policy`.
""",
    "quarantine": """\
Bodies that were not understood or refused. A retry processes the body again, under its original
arrival time, and counts its signals in the headers `Airledger-Recorded` and `Airledger-Repeats`.
""",
    "roles": """\
Who holds which role of the policy, for the organisation or for one system, and who may send which
command. [Roles](../how-to/give-roles.md) says who grants the first one.
""",
    "erasure": """\
What is held of a person, and making a person or one text unreadable.
[Erase a person or a text](../how-to/erase.md) says what remains.
""",
    "reports": """\
What became of the incidents that the caller reported. Anybody else's are answered with 404.
""",
    "tokens": """\
Who has access, without any secret: sources, and the tokens of persons and programs; and who read
what is restricted, exported lists and logged in.
""",
    "sessions": """\
Who is logged in, in a browser or on a command line. A token sees and ends its holder's own
sessions, with scope admin everybody's. A command line that a person allows in the browser exchanges
a code for a session: [log in with your organisation](../how-to/log-in-with-your-organisation.md).
""",
    "log": """\
The transparency log in the formats of C2SP: tlog-checkpoint and tlog-tiles.
[The log](../explanation/the-log.md) explains them.
""",
    "operations": """\
For operators and their monitoring. Every process serves these, whatever its roles.
""",
}
"""The tags of the document in the page's order, and what their operations have in common."""

PARAMETERS = {
    "version": "Only those of this version.",
    "environment": "Only those in this environment.",
    "change_class": "Only those of this class of changes.",
    "decision": "Only those that were decided so.",
    "mode": "Only those that run so.",
    "needs": "Only those that need somebody for this.",
    "ref": "An id, or a reference such as `INC-7`.",
    "token": "The source's token.",
    "source": "The source's name.",
    "entry": "The entry's id.",
    "session": "The session's id.",
    "person": "The part of the person's id behind `person/`.",
    "day": "Only those of this day (in UTC), `2026-03-01`.",
    "holder": "Only sources, or only tokens of persons and programs.",
    "path": "The rest of a tile's path, as C2SP tlog-tiles writes it.",
    "system": "Only those of this system.",
    "category": "Only those of this category.",
    "kind": "Only those of this kind.",
    "release": "Only those of this release.",
    "digest": "Only those whose content has this SHA-256 (hex).",
    "channel": "Only those by this channel.",
    "metric": "Only those of this metric.",
    "objective": "Only those of this objective.",
    "trigger": "Only those of this trigger.",
    "purpose": "Only those for this purpose.",
    "phase": "Only those whose latest iteration is in this phase.",
    "risk_class": "Only those of this risk class.",
    "model": "Only those with this model, among others, as it is written.",
    "supplier": "Only those with this supplier, among others, as it is written.",
    "classification": "Only those whose classification is so.",
    "actor_role": "Only those to which the organisation is this.",
    "reader": "Only those of this reader.",
    "reason": "Only those that had no data for this reason.",
    "improvement_kind": "Only those that are for this.",
    "cause": "Only those of this cause.",
    "control": "Only those of this control.",
    "standard": "Only those of this id.",
    "standard_kind": "Only those of this kind.",
    "current_band": "Only those whose current assessment is of this band.",
    "inherent_likelihood": "Only those assessed so, without controls: an id of the matrix.",
    "inherent_impact": "Only those assessed so, without controls: an id of the matrix.",
    "current_likelihood": "Only those assessed so, with today's controls: an id of the matrix.",
    "current_impact": "Only those assessed so, with today's controls: an id of the matrix.",
    "residual_likelihood": "Only those assessed so, as planned: an id of the policy's matrix.",
    "residual_impact": "Only those assessed so, as planned: an id of the policy's matrix.",
    "tolerated": "Only those that were within tolerance, or above it, when they were assessed.",
    "treatment": "Only those that are treated so.",
    "treatment_overdue": "Only those whose treatment is overdue, or all others.",
    "review_overdue": "Only those whose review is overdue, or all others.",
    "acceptance": "Only those whose acceptance stands so.",
    "column": "Only those in this phase of Plan, Do, Check, Act.",
    "owner": "Only those of this person, by name or id; `none` for those of nobody.",
    "overdue": "Only those that are overdue, or all others.",
    "checked": "Only those whose newest check came to this.",
    "notice": "Only those about this.",
    "severity": "Only those of this severity.",
    "status": "Only those of this status.",
    "impact": "Only those of this impact.",
    "near_miss": "Only near misses, or all others.",
    "untold": "Only open ones of which the policy in force would tell, and of which nobody was "
    "told; or all others.",
    "triage": "Only open ones without a severity or a category, or all others.",
    "month": "Only those of this month, `YYYY-MM`.",
    "state": "Only those in this state.",
    "sort": "A column to sort by, with `-` before it for falling order.",
    "cursor": "`next` of the page before.",
    "limit": "How many items a page has at most.",
    "from": "The first leaf index.",
    "to": "The last leaf index, inclusive.",
    "subject": "Only the events of this stream, `<kind>/<id>`; for an incident, the reference will "
    "do as the id.",
    "type": "Only events of this type.",
    "since": "Only events recorded then or later: RFC 3339, with its offset.",
    "until": "Only events recorded then or earlier: RFC 3339, with its offset.",
}
"""What a parameter means, where the document does not say it."""

FIELDS = {"at": "When it happened; by default, when the request arrives."}
"""What a field of a body means, where its schema does not say it."""
