"""A worker that makes no batch for long is taken for hung, but not one whose parent was away itself."""

import pytest

from trading_hpo.engine.executor import heartbeat
from trading_hpo.engine.executor.heartbeat import AwakeClock, Pulse, Silence, beating


@pytest.fixture
def clock(monkeypatch):
    """Seconds that a test sets itself."""

    class Seconds:
        now = 1000.0

        def monotonic(self):
            return self.now

    seconds = Seconds()
    monkeypatch.setattr(heartbeat, "time", seconds)
    return seconds


def test_a_beat_is_renewed_once_a_second_however_often_it_is_asked(clock):
    pulse, seen = Pulse(), set()
    asked = beating(pulse, lambda: False)
    for _ in range(100):
        clock.now += 0.1
        assert asked() is False
        seen.add(pulse.beat)
    assert 9 <= len(seen) <= 11


def test_asking_says_what_it_was_asked():
    assert beating(Pulse(), lambda: True)() is True


def test_every_candidate_is_counted_from_its_beginning():
    pulse = Pulse()
    for times in (3, 2):
        asked = beating(pulse, lambda: False)
        for _ in range(times):
            asked()
        assert pulse.asked == times


def test_silence_lasts_from_the_last_beat_or_word(clock):
    pulse = Pulse()
    silence = Silence(pulse)
    silence.reset(10.0)
    assert silence.seconds(25.0) == 15.0
    pulse.beat = 1.0
    assert silence.seconds(30.0) == 0.0
    assert silence.seconds(31.0) == 1.0


def test_the_clock_stands_still_while_its_process_does(clock):
    awake = AwakeClock()
    for _ in range(10):
        clock.now += 0.5
        awake.now()
    clock.now += 7200  # stopped, with all its workers
    assert awake.now() == 5.0 + heartbeat.LONGEST_GAP_S
