"""When are two ways of writing a name the same name?

`name_key` folds what Indonesian offices spell either way; `names_alike` adds the plain typing error. No Django.
"""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz.distance import OSA

from locations.memo import Memo

_APART = str.maketrans(dict.fromkeys(',;/()[]"“”_|', " ") | dict.fromkeys("'`’‘´-‐–"))

# Titles before the name: hajj, doctor, professor, nobility of the register's own abbreviations, polite forms.
_BEFORE = frozenset(
    "h hj hajah haji kh kyai kiai ust ustadz ustad prof dr drs dra drg drh ir ny tn nn sdr sdri bpk ibu alm almh "
    "rr rd rm ra".split()
)
# Degrees behind it, dots dropped.
_BEHIND = frozenset(
    "spd spdi spdsd mpd mpdi se mm msi mse sh mh mhum shi mhi skom mkom skm mkes st mt ssi msc mba ma ba bsc phd ssos "
    "msos sag mag sip map mip sp mp spt sked skep ners ns amd amdkeb amdkep ama apt sfarm spsi spsd stp stpi sik mik "
    "ssn msn sst ssit sap shut spi sthi sei mei sfil lc cpa ak sps spa spb spog spkk".split()
)
_MUHAMMAD = frozenset(
    "moch moh mohd muh muhd mhd md mch much mohammad mohamad mohamat mohammed mohamed muhammad muhamad muhamat "
    "muhammed muhamed muhamadd mochammad mochamad mochamat mochammed muchammad muchamad mokhammad mokhamad mukhammad "
    "mukhamad mukhamat muhhamad mohhamad mumammad".split()
)
_SHORT_FORMS = {"abd": "abdul", "abdl": "abdul", "st": "siti", "sti": "siti", "ach": "ahmad", "akh": "ahmad"}
_FATHER = frozenset(("bin", "binti", "bt", "bn", "als", "alias"))
_COMMON_FIRST = frozenset(("muhamad", "ahmad", "abdul", "siti", "nur", "sri", "dewi", "ni", "putu", "made"))

_FOLDS = (
    # spelling before 1972, and letters that sound alike
    (re.compile("oe"), "u"),
    (re.compile("dj"), "j"),
    (re.compile("tj"), "c"),
    (re.compile("nj"), "ny"),
    (re.compile("sj|sy"), "s"),
    (re.compile("chr"), "kr"),
    (re.compile("[ck]h"), "h"),
    (re.compile("ph|v"), "f"),
    (re.compile("q"), "k"),
    (re.compile("x"), "ks"),
    (re.compile("ae"), "ai"),
    (re.compile("([bdgt])h"), r"\1"),
    # Supriyadi and Supriadi, Setyawan and Setiawan, Budy and Budi; ny is a letter of its own
    (re.compile("iy(?=[aeou])"), "i"),
    (re.compile("(?<=[bcdfghjklmprtwz])y(?=[aeou])"), "i"),
    (re.compile("(?<=.)y$"), "i"),
    (re.compile(r"(\D)\1+"), r"\1"),
    # Aminah and Amina, Aisyah and Aisya; words of four letters (Syah) keep it
    (re.compile("(?<=...a)h$"), ""),
)
_SOUND_ALIKE = frozenset("ao ou ei fp jy jz sz dt bp gk ck fw".split())
_OLD_J = re.compile("(?<![dtsn])j")
_OLD_SPELLING = re.compile("oe|dj|tj|sj")


def name_key(name: str) -> str:
    """One key for every usual spelling of a name, lower case and without blanks; "" only where no letter is in it.

    Drops case, accents, punctuation, titles and degrees; joins `M.`, `Moch.`, `Mohammad`, old and new spelling,
    doubled letters, `Nur Hayati` and `Nurhayati`. It forgives much because it is only ever used together with a
    birth date or a NIK: what it joins wrongly needs the same day of birth to do harm.
    """
    return _join(_key_words(name))


def names_alike(one: str, other: str) -> bool:
    """Whether two names under one NIK are one person: the same key, a shortened form, or one plain typing error.

    A wrong yes silently overwrites a person, a wrong no only opens a case. So an error counts in one word of six
    letters or more: a letter too many, too few, or swapped with its neighbour; or a wrong letter, if it sounds like
    the right one (Rahmat, Rohmat) or the word has eight letters. Never the last letter, but for a/o (Santosa,
    Santoso): Saputra and Saputri, Yulian and Yuliana differ in sex, not by error. In shorter words one letter makes
    another name (Andi and Andri, Rina and Rini), and twins bear just such names.
    """
    if one == other:
        return True
    ones, others = _key_words(one), _key_words(other)
    if _join(ones) == _join(others):
        return True
    if _figures(ones) != _figures(others):
        return False
    if any(word in _FATHER for word in ones) != any(word in _FATHER for word in others):
        ones, others = _without_father(ones), _without_father(others)
        if ones == others:
            return True
    if len(ones) == len(others):
        return _one_typing_error(ones, others)
    return _shortened(*sorted((ones, others), key=len))


def _key_words(name: str) -> list[str]:
    if not name.isascii():
        name = _without_accents(name)
    plain = name.lower()
    if not plain.replace(" ", "").isalpha():  # most names are letters only, with nothing to part or to drop
        plain = plain.translate(_APART)
    parts = [_PARTS[word] for word in plain.split()]
    words = [word for part in parts for word in part]
    if len(words) > 1:
        if words[0] in _BEFORE or words[-1] in _BEHIND or len(words[-2]) < 3:
            words = _without_titles(words)
        if words[0] == "m" and len(words) > 1:
            words[0] = "muhamad"
    return [_FOLDED[word] for word in words]


def _join(words: list[str]) -> str:
    """The words run together; a letter that ends one and begins the next stands once, as within a word."""
    if not words:
        return ""
    key = words[0]
    for word in words[1:]:
        key += word if key[-1] != word[0] or word[0].isdigit() else word[1:]
    return key


def _without_accents(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def _parts(word: str) -> tuple[str, ...]:
    """Letters and digits of a word: a degree's dots (`S.Pd.`) fall away, a name's (`M.Yusuf`) part it."""
    joined = "".join(c for c in word if c.isalnum())
    if joined in _BEHIND or "." not in word:
        return (joined,) if joined else ()
    parts = ("".join(c for c in part if c.isalnum()) for part in word.split("."))
    return tuple(part for part in parts if part)


def _without_titles(words: list[str]) -> list[str]:
    """Without titles in front and degrees behind; a name that is nothing but titles stays as it is."""
    start, end = 0, len(words)
    while start < end - 1 and words[start] in _BEFORE:
        start += 1
    while end > start + 1:
        if words[end - 1] in _BEHIND:
            end -= 1
        elif end > start + 2 and len(words[end - 2]) < 3 and words[end - 2] + words[end - 1] in _BEHIND:
            end -= 2
        else:
            break
    return words[start:end]


def _fold(word: str) -> str:
    if word in _MUHAMMAD:
        return "muhamad"
    word = _SHORT_FORMS.get(word, word)
    if len(word) < 3:
        return word
    if _OLD_SPELLING.search(word):
        word = _OLD_J.sub("y", word)
    for pattern, letters in _FOLDS:
        word = pattern.sub(letters, word)
    return word


def _without_father(words: list[str]) -> list[str]:
    """Prisons write `Ahmad bin Soleh alias Kancil` where the KTP-el says `Ahmad`."""
    first = next((place for place, word in enumerate(words) if word in _FATHER), len(words))
    return words[:first] or words


def _figures(words: list[str]) -> list[str]:
    """Words with figures number people (Warga 12): nobody misspells those into each other."""
    return [word for word in words if any(c.isdigit() for c in word)]


def _one_typing_error(ones: list[str], others: list[str]) -> bool:
    different = [(a, b) for a, b in zip(ones, others, strict=True) if a != b]
    spelled = [(a, b) for a, b in different if not _is_initial(a, b)]
    if len(different) == len(ones) and not spelled:
        return False
    return not spelled or (len(spelled) == len(different) == 1 and _is_typing_error(*spelled[0]))


def _is_initial(a: str, b: str) -> bool:
    return a[0] == b[0] and min(len(a), len(b)) == 1


def _is_typing_error(a: str, b: str) -> bool:
    if min(len(a), len(b)) < 6 or OSA.distance(a, b, score_cutoff=1) > 1:
        return False
    if len(a) != len(b):
        return a[-1] == b[-1]
    wrong = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
    if len(wrong) == 2:
        return True
    if a[-1] != b[-1]:
        return set(wrong[0]) == {"a", "o"}
    return len(a) >= 8 or "".join(sorted(wrong[0])) in _SOUND_ALIKE


def _shortened(short: list[str], long: list[str]) -> bool:
    """`Budi Santoso` of `Budi Santoso Wijaya`; a single common first name says too little."""
    rest = iter(long)
    if not short or not all(word in rest for word in short):
        return False
    return len(short) > 1 or (len(short[0]) > 4 and short[0] not in _COMMON_FIRST)


_PARTS: Memo[str, tuple[str, ...]] = Memo(_parts)
_FOLDED: Memo[str, str] = Memo(_fold)
