"""Why the system, the store or a settings file said no, as a sentence in the language in use.

The operating system, SQLite and the TOML reader speak English; their codes are turned into sentences here, and
a code that has none is shown as it is.
"""

from __future__ import annotations

import errno
import re
import tomllib

import msgspec

from core.i18n import _, mark
from core.text import clean

_FULL = mark("The disk is full.")
_NO_RIGHT = mark("This user lacks the right to do that.")
_READ_ONLY = mark("The disk can only be read.")
_UNREACHABLE = mark("The network does not lead there.")
_OF_SYSTEM = {
    "ENOSPC": _FULL,
    "EDQUOT": mark("This user's share of the disk is used up."),
    "EFBIG": mark("The file is larger than this disk takes."),
    "EROFS": _READ_ONLY,
    "EACCES": _NO_RIGHT,
    "EPERM": _NO_RIGHT,
    "ENOENT": mark("It is not there."),
    "ENOTDIR": mark("A part of the path is no folder."),
    "EISDIR": mark("It is a folder."),
    "EEXIST": mark("It is already there."),
    "ENOTEMPTY": mark("The folder is not empty."),
    "EIO": mark("The disk reports a fault."),
    "EMFILE": mark("Too many files are open."),
    "ENFILE": mark("Too many files are open."),
    "ENAMETOOLONG": mark("The name is too long."),
    "ELOOP": mark("A link leads in a circle, or is not followed."),
    "EXDEV": mark("It lies on another disk."),
    "EBUSY": mark("Another program is using it."),
    "ETXTBSY": mark("Another program is using it."),
    "ESTALE": mark("The network folder is gone."),
    "ENOMEM": mark("The computer is out of memory."),
    "EADDRINUSE": mark("Another program uses that port."),
    "EADDRNOTAVAIL": mark("This computer does not have that address."),
    "ECONNREFUSED": mark("Nobody answers there."),
    "ETIMEDOUT": mark("No answer came in time."),
    "EHOSTUNREACH": _UNREACHABLE,
    "ENETUNREACH": _UNREACHABLE,
}
_OF_STORE = {
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": mark("The store can only be read."),
    "SQLITE_BUSY": mark("Another brygga was writing and did not finish in time."),
    "SQLITE_LOCKED": mark("Another brygga was writing and did not finish in time."),
    "SQLITE_CORRUPT": mark("The file is damaged."),
    "SQLITE_NOTADB": mark("The file is no brygga store."),
    "SQLITE_CANTOPEN": mark("The file cannot be opened."),
    "SQLITE_IOERR": mark("The disk is full or reports a fault."),
    "SQLITE_PERM": _NO_RIGHT,
    "SQLITE_NOMEM": mark("The computer is out of memory."),
}
_TOML_PLACE = re.compile(r"at line (\d+), column (\d+)")
_TWICE = ("Cannot overwrite", "Cannot declare", "Cannot mutate")
_UNKNOWN_KEY = re.compile(r"unknown field `(?P<field>[^`]*)`(?: - at `\$(?P<path>[^`]*)`)?")
_WRONG_TYPE = re.compile(r"Expected `(?P<wanted>[^`]*)`, got `(?P<found>[^`]*)` - at `\$(?P<path>[^`]*)`")
_MISSING_KEY = re.compile(r"missing required field `(?P<field>[^`]*)`(?: - at `\$(?P<path>[^`]*)`)?")
_WRONG_VALUE = re.compile(r"Invalid enum value '?(?P<value>.*?)'? - at `\$(?P<path>[^`]*)`")
_TYPES = {
    "str": mark("text in quotation marks"),
    "int": mark("a whole number"),
    "float": mark("a number"),
    "bool": mark("true or false"),
    "array": mark("a list"),
    "object": mark("a table"),
}


def reason(error: BaseException) -> str:
    """One finished sentence; never the English words of the system."""
    if isinstance(error, tomllib.TOMLDecodeError):
        return _of_toml(str(error))
    if isinstance(error, UnicodeError):
        return _("The file is not UTF-8 text.")
    if isinstance(error, msgspec.ValidationError):
        return of_setting(str(error))
    if isinstance(error, msgspec.DecodeError):
        return _("It is no whole JSON.")
    if type(error).__module__ == "ssl":
        return _of_tls(type(error).__name__)
    if type(error).__name__ == "gaierror":
        return _("The network knows no computer of that name.")
    name = getattr(error, "sqlite_errorname", None)
    if isinstance(name, str):
        return _of_store(name)
    if isinstance(error, OSError) and error.errno:
        return _of_system(errno.errorcode.get(error.errno, str(error.errno)))
    return _("The fault is called {name}.").format(name=type(error).__name__)


def _of_system(name: str) -> str:
    known = _OF_SYSTEM.get(name)
    return _(known) if known else _("The system refused with the code {code}.").format(code=name)


def _of_tls(name: str) -> str:
    if name == "SSLCertVerificationError":
        return _("This computer does not trust the certificate that was shown.")
    return _("The encrypted connection could not be set up ({name}).").format(name=name)


def of_chain(error: BaseException) -> str:
    """The reason of the system's error that lies behind an error of a library; else the library's name for it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and (cause.errno or type(cause).__module__ == "ssl"):
            return reason(cause)
        cause = cause.__cause__ or cause.__context__
    return reason(error)


def _of_store(name: str) -> str:
    known = _OF_STORE.get("_".join(name.split("_")[:2]))
    return _(known) if known else _("The store refused with the code {code}.").format(code=name)


def _of_toml(text: str) -> str:
    place = _TOML_PLACE.search(text)
    if text.startswith(_TWICE):
        return _("The same setting stands there twice.")
    if place is None:
        return _("The file ends in the middle of a setting.")
    return _("Line {line} cannot be read from character {column} on.").format(
        line=place.group(1), column=place.group(2)
    )


def of_setting(text: str) -> str:
    """What is wrong with a setting, from the checker's own words."""
    if match := _UNKNOWN_KEY.search(text):
        key = f"{match['path'] or ''}.{match['field']}".lstrip(".")
        return _("There is no setting {key}.").format(key=clean(key))
    if match := _MISSING_KEY.search(text):
        key = f"{match['path'] or ''}.{match['field']}".lstrip(".")
        return _("{key} is missing.").format(key=clean(key))
    if match := _WRONG_TYPE.search(text):
        return _("{key} must be {wanted}, not {found}.").format(
            key=clean(match["path"].lstrip(".")) or "–",
            wanted=_type(match["wanted"]),
            found=_type(match["found"]),
        )
    if match := _WRONG_VALUE.search(text):
        return _("{key} cannot be {value}.").format(
            key=clean(match["path"].lstrip(".")), value=clean(match["value"])
        )
    return clean(text)


def _type(name: str) -> str:
    return _(_TYPES[name]) if name in _TYPES else name
