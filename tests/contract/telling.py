"""What a store holds of telling those who listen: a hint, beside which everybody polls."""

import threading
from collections.abc import Callable
from contextlib import ExitStack, closing

from ledger.store.port import Store
from tests.contract.samples import Opener, event, seal_all
from tests.harness.process import until

DEADLINE = 20
POLL_SECONDS = 0.2


class TellingContract:
    """Told or not, whoever listens and polls sees what others wrote."""

    def test_who_listens_and_polls_sees_what_another_appended_and_sealed(
        self, store: Store, opener: Opener
    ) -> None:
        news = threading.Event()
        store.listen(news.set, news.set)

        with closing(opener()) as other:
            other.append([event("a", 1)])
            _follow(news, lambda: store.size() == 1, "it was appended")
            seal_all(other)
            _follow(news, lambda: len(store.read(0, 10)) == 1, "it was sealed")

    def test_a_store_that_is_listened_to_appends_seals_and_closes_like_any(
        self, opener: Opener
    ) -> None:
        with ExitStack() as opened:
            stores = [opened.enter_context(closing(opener())) for _ in range(3)]
            for number, each in enumerate(stores):
                each.listen(lambda: None, lambda: None)
                each.append([event(f"s/{number}", 1)])
                seal_all(each)

            assert [3, 3, 3] == [each.size() for each in stores]
            assert [3, 3, 3] == [len(each.read(0, 10)) for each in stores]

    def test_closing_ends_what_it_began_for_listeners(self, opener: Opener) -> None:
        before = set(threading.enumerate())
        with closing(opener()) as store:
            store.listen(lambda: None, lambda: None)
            store.listen(lambda: None, lambda: None)
            store.size()

        assert set() == set(threading.enumerate()) - before


def _follow(news: threading.Event, seen: Callable[[], bool], what: str) -> None:
    """Waits as a loop does: for news, and no longer than a moment."""

    def step() -> bool:
        news.wait(POLL_SECONDS)
        news.clear()
        return seen()

    until(step, what, within=DEADLINE)
