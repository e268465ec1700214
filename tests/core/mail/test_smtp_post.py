"""Letters at a real SMTP server: headers, encryption, login, refusals, and what is certain when it breaks."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from core.errors import UsageError
from core.mail.folder import FolderPost
from core.mail.message import Mail, Sender, sender_of
from core.mail.post import Delivery, Fate, PostFailed
from core.mail.smtp import SmtpPost, SmtpServer
from core.secret import Secret
from tests.core.fortnox.test_tls import certificate
from tests.mailserver import MailServer

SENDER = sender_of("Byrån Åhlén & Öst AB", "byra@example.com", "svar@example.com")
AT = datetime(2026, 1, 20, 9, 30, tzinfo=UTC)
MAIL = Mail(
    "01ABC", "Åsa Öberg", "asa@example.com", "Välkommen, Åsa", "Hej Åsa!\n\nRäksmörgås – så.\n", "sv", AT
)


async def going() -> bool:
    return True


@asynccontextmanager
async def opened(server: MailServer, security: str = "none", **more: object) -> AsyncIterator[SmtpPost]:
    login = {key: value for key, value in more.items() if value is not None}
    post = SmtpPost(SmtpServer("127.0.0.1", server.port, security, **login), SENDER)  # type: ignore[arg-type]
    await post.open()
    try:
        yield post
    finally:
        await post.close()


async def deliver(server: MailServer, mail: Mail = MAIL) -> Delivery:
    async with opened(server) as post:
        return await post.send(mail, going)


async def test_a_letter_has_the_headers_and_the_letters_of_swedish(mail_server: MailServer) -> None:
    assert (await deliver(mail_server)).fate is Fate.ACCEPTED
    (handed,) = mail_server.letters
    assert (handed.sender, handed.recipients) == ("byra@example.com", ["asa@example.com"])
    message = handed.message
    assert message["From"] == "Byrån Åhlén & Öst AB <byra@example.com>"
    assert message["To"] == "Åsa Öberg <asa@example.com>"
    assert message["Reply-To"] == "svar@example.com"
    assert message["Subject"] == "Välkommen, Åsa"
    assert message["Message-ID"] == "<01abc.brygga@example.com>"
    assert parsedate_to_datetime(message["Date"]) == AT
    assert message["MIME-Version"] == "1.0"
    assert message["Content-Language"] == "sv"
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    assert message.get_content().splitlines() == ["Hej Åsa!", "", "Räksmörgås – så."]


async def test_a_letter_is_seven_bit_with_short_lines(mail_server: MailServer) -> None:
    long = Mail("01B", "Åsa", "asa@example.com", "Å" * 150, "ö" * 3000, "sv", AT)
    await deliver(mail_server, long)
    handed = mail_server.letters[0]
    assert handed.content.isascii()
    assert max(len(line) for line in handed.content.split(b"\r\n")) <= 76
    assert (handed.message["Subject"], handed.message.get_content().strip()) == ("Å" * 150, "ö" * 3000)


async def test_a_name_cannot_add_a_header(mail_server: MailServer) -> None:
    evil = Mail("01C", 'A"\r\nBcc: x@example.com', "asa@example.com", "S\r\nX-Evil: 1", "B", "sv", AT)
    await deliver(mail_server, evil)
    message = mail_server.letters[0].message
    assert message["Bcc"] is None
    assert message["X-Evil"] is None


async def test_a_swedish_domain_is_written_in_ascii(mail_server: MailServer) -> None:
    await deliver(mail_server, Mail("01D", "Åsa", "asa@åkeri.se", "S", "B", "sv", AT))
    assert mail_server.letters[0].recipients == ["asa@xn--keri-poa.se"]


@pytest.mark.parametrize(
    ("answer", "fate"),
    [("550 5.1.1 <asa@example.com> unknown", Fate.REFUSED), ("451 4.7.1 later", Fate.NOT_NOW)],
)
async def test_a_refused_recipient_is_certain_and_nothing_is_written_down(
    answer: str, fate: Fate, mail_server: MailServer
) -> None:
    mail_server.refuse["asa@example.com"] = answer
    asked = []

    async def commit() -> bool:
        asked.append(1)
        return True

    async with opened(mail_server) as post:
        delivery = await post.send(MAIL, commit)
    assert delivery.fate is fate
    assert "asa" not in delivery.reason
    assert asked == []


async def test_a_refused_text_is_certain_and_the_next_letter_goes(mail_server: MailServer) -> None:
    mail_server.answer["asa@example.com"] = "554 5.6.0 no"
    async with opened(mail_server) as post:
        assert (await post.send(MAIL, going)).fate is Fate.REFUSED
        other = Mail("01E", "Bo", "bo@example.com", "S", "B", "sv", AT)
        assert (await post.send(other, going)).fate is Fate.ACCEPTED


async def test_a_connection_cut_after_the_text_is_unknown(mail_server: MailServer) -> None:
    mail_server.cut_after_data.add("asa@example.com")
    async with opened(mail_server) as post:
        assert (await post.send(MAIL, going)).fate is Fate.UNKNOWN
        other = Mail("01F", "Bo", "bo@example.com", "S", "B", "sv", AT)
        assert (await post.send(other, going)).fate is Fate.ACCEPTED


async def test_a_letter_that_may_no_longer_go_does_not(mail_server: MailServer) -> None:
    async def stop() -> bool:
        return False

    async with opened(mail_server) as post:
        assert (await post.send(MAIL, stop)).fate is Fate.NOT_NOW
    assert mail_server.letters == []


async def test_a_dead_server_says_why() -> None:
    server = MailServer().start()
    server.stop()
    with pytest.raises(PostFailed, match="kan inte nås: Ingen svarar där"):
        await SmtpPost(SmtpServer("127.0.0.1", server.port, "none"), SENDER).open()


# -- encryption and login --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=["starttls", "tls"])
def secure(request: pytest.FixtureRequest, pem: Path) -> Iterator[tuple[str, MailServer]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = MailServer(tls=context, immediate_tls=request.param == "tls", login=("byra", "hemligt")).start()
    yield request.param, server
    server.stop()


async def test_letters_go_encrypted_and_logged_in(
    secure: tuple[str, MailServer], pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    security, server = secure
    async with opened(server, security, username="byra", password=Secret("hemligt")) as post:
        assert (await post.send(MAIL, going)).fate is Fate.ACCEPTED
    assert len(server.letters) == 1


async def test_a_wrong_password_is_said_without_repeating_it(
    secure: tuple[str, MailServer], pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    security, server = secure
    with pytest.raises(PostFailed, match="inloggning") as caught:
        async with opened(server, security, username="byra", password=Secret("felaktigt")):
            pass
    assert "felaktigt" not in str(caught.value)


async def test_a_server_that_nobody_vouches_for_gets_no_password(secure: tuple[str, MailServer]) -> None:
    security, server = secure
    with pytest.raises(PostFailed):
        async with opened(server, security, username="byra", password=Secret("hemligt")):
            pass


async def test_a_server_without_encryption_gets_no_password(mail_server: MailServer) -> None:
    with pytest.raises(PostFailed):
        async with opened(mail_server, "starttls", username="byra", password=Secret("hemligt")):
            pass


# -- files -------------------------------------------------------------------------------------------------


async def test_a_letter_becomes_a_file_that_opens_as_unsent(tmp_path: Path) -> None:
    post = FolderPost(tmp_path / "brev", SENDER)
    await post.open()
    assert (await post.send(MAIL, going)).fate is Fate.ACCEPTED
    (path,) = (tmp_path / "brev").iterdir()
    assert path.name == "01abc.eml"
    assert b"X-Unsent: 1" in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


async def test_a_letter_that_is_there_already_is_not_written_again(tmp_path: Path) -> None:
    post = FolderPost(tmp_path, SENDER)
    await post.send(MAIL, going)
    before = (tmp_path / "01abc.eml").read_bytes()
    assert (
        await post.send(Mail("01ABC", "B", "b@example.com", "S", "B", "sv", AT), going)
    ).fate is Fate.ACCEPTED
    assert (tmp_path / "01abc.eml").read_bytes() == before


async def test_a_folder_needs_no_sender(tmp_path: Path) -> None:
    post = FolderPost(tmp_path, sender_of("", "", "", needed=False))
    await post.send(MAIL, going)
    assert b"\r\nFrom:" not in (tmp_path / "01abc.eml").read_bytes()


def test_a_server_needs_a_sender() -> None:
    with pytest.raises(UsageError, match=r"mail\.from"):
        sender_of("Byrån", "", "")


def test_a_letter_shows_nobody_in_a_log() -> None:
    assert repr(MAIL) == "Mail(01ABC)"
    assert isinstance(SENDER, Sender)
