"""What a push to a music server that was stopped may have left there."""

from hypothesis import given
from hypothesis import strategies as st

from img2music.app.playlist_pushing import _between
from img2music.app.server_exchange import begun


def in_any_way(actual: tuple[str, ...], old: tuple[str, ...], sent: tuple[str, ...]) -> bool:
    """The same, by trying each place where what was there may end and what is sent may begin."""
    return any(begun(actual[:cut], old) and begun(actual[cut:], sent) for cut in range(len(actual) + 1))


LISTS = st.lists(st.sampled_from("abcde"), max_size=8).map(tuple)


@given(LISTS, LISTS, LISTS)
def test_what_a_push_that_was_stopped_may_leave(
    actual: tuple[str, ...], old: tuple[str, ...], sent: tuple[str, ...]
) -> None:
    assert _between(actual, old, sent) == in_any_way(actual, old, sent)


def test_a_long_list_that_somebody_else_wrote_is_found_quickly_not_to_be_what_a_push_left() -> None:
    """By trying all its places, it would take many minutes."""
    old, sent = (tuple(f"{name}{number}" for number in range(100_000)) for name in "ab")
    assert not _between((*old, "else", *sent), old, sent)
    assert _between(old + sent, old, sent)
