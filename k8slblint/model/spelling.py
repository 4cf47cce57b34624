"""Which words differ by one slip of the hand."""

FEWEST_LETTERS = 8
"""Of a word of which one may be wrong: shorter ones are near too many others."""


def is_one_letter_off(written: str, known: str) -> bool:
    """Tell whether two texts differ by one letter that is lost, added or mistaken, or by two that are exchanged."""
    if abs(len(written) - len(known)) > 1 or written == known:
        return False
    start = next((index for index, (one, other) in enumerate(zip(written, known, strict=False)) if one != other), None)
    if start is None:
        return True
    left, right = written[start:], known[start:]
    if len(left) != len(right):
        return left[1:] == right or left == right[1:]
    return left[1:] == right[1:] or (left[1::-1] == right[:2] and left[2:] == right[2:])
