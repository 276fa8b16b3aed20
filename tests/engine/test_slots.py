"""Which slot of a budget is next."""

from trading_hpo.engine.slots import OpenSlot, Slots


def everything(slot):
    return True


def test_the_lowest_slot_that_has_not_ended_and_does_not_run_is_next():
    slots = Slots(5)
    slots.end(0)
    slots.end(2)
    assert [slots.next(everything) for _ in range(4)] == [1, 3, 4, None]


def test_slots_that_others_hold_are_passed_over_and_asked_for_again():
    slots, held = Slots(3), {0, 1}
    assert slots.next(lambda slot: slot not in held) == 2
    assert slots.next(lambda slot: slot not in held) is None
    held.clear()
    assert slots.next(lambda slot: slot not in held) == 0


def test_a_slot_whose_worker_was_lost_is_next_as_it_was_begun():
    slots = Slots(3)
    assert [slots.next(everything) for _ in range(2)] == [0, 1]
    lost = OpenSlot(0, {"rate": 0.1}, lost=1)
    slots.leave(0, begun=lost)
    assert slots.next(everything) == 0
    assert slots.begun[0] == lost


def test_an_end_that_was_nobodys_is_taken_back():
    slots = Slots(3)
    for _ in range(3):
        slots.end(slots.next(everything))
    assert slots.next(everything) is None
    slots.reopen(1)
    assert [slots.next(everything), slots.next(everything)] == [1, None]


def test_slots_beyond_the_budget_wait():
    slots = Slots(1)
    slots.begun[3] = OpenSlot(3, {}, 0)
    assert [slots.next(everything), slots.next(everything)] == [0, None]


def test_only_slots_below_a_bound_are_asked_for_where_there_is_one():
    slots, asked = Slots(6), []
    assert [slots.next(everything, below=2) for _ in range(3)] == [0, 1, None]
    assert slots.next(lambda slot: not asked.append(slot), below=9) == 2
    assert asked == [2]  # neither those that run nor more than it takes
    assert Slots(2).next(lambda slot: slot == 5, below=9) is None


def test_a_slot_that_has_ended_is_neither_begun_nor_running():
    slots = Slots(3)
    slots.begun[1] = OpenSlot(1, {}, 0)
    assert [slots.next(everything) for _ in range(2)] == [0, 1]
    slots.end(1)
    slots.end(2)  # of another search: it was never begun here
    assert (slots.ended, slots.running, slots.begun) == ({1, 2}, {0}, {})


def test_a_slot_that_is_left_to_others_is_free_and_not_begun_anew():
    slots = Slots(2)
    assert slots.next(everything) == 0
    slots.leave(0)
    assert (slots.running, slots.begun) == (set(), {})
    slots.leave(1)  # it did not run here
    assert slots.next(everything) == 0


def test_a_slot_that_is_reopened_is_next_before_all_higher_ones_and_no_lower_one_again():
    slots = Slots(6)
    for slot in range(4):
        slots.end(slot)
    assert slots.next(everything) == 4
    slots.reopen(2)
    slots.reopen(5)  # it had not ended
    asked = []
    assert slots.next(lambda slot: not asked.append(slot)) == 2
    assert asked == [2]
    assert slots.ended == {0, 1, 3}
