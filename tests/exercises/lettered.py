"""Answers to parts about blocks: the letters that a variant has for given blocks."""

from coordlab.exercises import every_part


def lettered(part, *beginnings):
    """An answer: for each block, by how its code begins, the letter in a variant."""

    def answer(variant):
        dealt = every_part()[part].dealt(variant)
        found = [[letter for letter, code in dealt.items() if code.startswith(each)] for each in beginnings]
        assert all(len(each) == 1 for each in found), found
        return "".join(letter for [letter] in found)

    return answer
