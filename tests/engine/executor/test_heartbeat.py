"""A worker that makes no batch for long is taken for hung, but not one whose parent was away itself."""

from ctypes import c_double

import pytest

from trading_hpo.engine.executor import heartbeat
from trading_hpo.engine.executor.heartbeat import AwakeClock, Silence, beating


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
    beat, seen = c_double(0.0), set()
    asked = beating(beat, lambda: False)
    for _ in range(100):
        clock.now += 0.1
        assert asked() is False
        seen.add(beat.value)
    assert 9 <= len(seen) <= 11


def test_asking_says_what_it_was_asked():
    assert beating(c_double(0.0), lambda: True)() is True


def test_silence_lasts_from_the_last_beat_or_word(clock):
    beat = c_double(0.0)
    silence = Silence(beat)
    silence.reset(10.0)
    assert silence.seconds(25.0) == 15.0
    beat.value = 1.0
    assert silence.seconds(30.0) == 0.0
    assert silence.seconds(31.0) == 1.0


def test_the_clock_stands_still_while_its_process_does(clock):
    awake = AwakeClock()
    for _ in range(10):
        clock.now += 0.5
        awake.now()
    clock.now += 7200  # stopped, with all its workers
    assert awake.now() == 5.0 + heartbeat.LONGEST_GAP_S
