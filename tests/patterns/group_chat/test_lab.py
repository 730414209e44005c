"""The group chat lab."""

from __future__ import annotations

from coordlab import labs
from coordlab.labs.lab import Lab
from coordlab.patterns.group_chat.lab_agents import RIGHT, WRONG
from coordlab.patterns.group_chat.pictures import said, transcript


def counted(lab: Lab) -> dict[str, object]:
    """What was counted, by its label."""
    return {each.label: each.counted for each in lab.measures}


def test_at_many_seeds_all_properties_hold_and_reading_is_as_theory_says() -> None:
    for seed in range(13):
        lab = labs.group_chat(seed=seed)
        assert {each.status for each in lab.run.verdicts} == {"holds"}
        assert [each.label for each in lab.measures if each.agrees is False] == []


def test_five_who_speak_ten_times_read_1275_messages_and_with_a_window_240() -> None:
    titles = ("Everybody reads everything", "Only the last five messages")
    assert [counted(labs.group_chat().try_out(title))["messages read"] for title in titles] == [1275, 240]


def test_with_fixed_rounds_they_go_on_after_they_agree() -> None:
    lab = labs.group_chat(version="fixed-rounds")
    broken = [each.name for each in lab.run.verdicts if each.status == "violated"]
    assert broken == ["it stops with the first message that ends it"]


def test_four_of_five_are_right_at_first_and_all_agree_on_the_wrong_answer() -> None:
    lab = labs.group_chat().try_out("Agreed on a wrong answer")
    answers = [utterance.content for _, _, utterance in said(lab.run.trace)]
    assert (answers[:5].count(RIGHT), set(answers[-5:])) == (4, {WRONG})
    assert counted(lab)["why it ended"] == "condition: agreement (5 days)"


def test_talk_alone_leaves_the_share_that_is_right_where_it_was() -> None:
    made = labs.group_chat().figure("Does talking")
    assert made.judged == "talk alone changes nothing: 5 of 5 points agree"


def test_the_transcript_has_a_row_for_each_turn() -> None:
    lab = labs.group_chat()
    shown = transcript(lab.parameters, lab.run.trace)
    first = {cell.column: cell.text for cell in shown.cells if cell.row == "1"}
    assert first == {"speaker": "ann", "reads": "1", "tokens": "6", "says": RIGHT}
