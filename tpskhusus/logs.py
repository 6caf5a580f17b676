"""Keeps identities out of every log: no sixteen digits in a row leave this process."""

import logging
import re

SIXTEEN_DIGITS = re.compile(r"(?<!\d)\d(?:[ .]?\d){15}(?!\d)")


def without_identities(text: str) -> str:
    return SIXTEEN_DIGITS.sub("•" * 16, text)


class NoIdentities(logging.Filter):
    """Masks NIK-like digits in the finished message, in the traceback and in the stack."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = without_identities(record.getMessage())
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.exc_text = record.exc_text and without_identities(record.exc_text)
        record.stack_info = record.stack_info and without_identities(record.stack_info)
        return True
