"""The door: who comes in, who is kept out for a while, and when one has left."""

import datetime

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import signing, tasks
from accounts.models import AuditEntry, Role, User
from tests import factories

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "quite-another-sentence-of-words"


@pytest.fixture
def operator():
    return factories.user(Role.OPERATOR, "36", password=factories.PASSWORD, username="operator.contoh")


def sign_in(client, password=factories.PASSWORD, username="operator.contoh", next_url="", **options):
    form = {"username": username, "password": password, "next": next_url}
    return client.post(reverse("login"), form, **options)


def is_signed_in(client):
    return client.get(reverse("password_change")).status_code == 200


def actions():
    return list(AuditEntry.everywhere.order_by("pk").values_list("action", flat=True))


def test_the_right_password_leads_to_the_desk(client, operator):
    answer = sign_in(client)

    assert (answer.status_code, answer.url) == (302, "/")
    assert is_signed_in(client)
    assert client.get("/").status_code == 200


def test_a_wrong_password_leads_nowhere(client, operator):
    answer = sign_in(client, "not the password")

    assert answer.status_code == 200
    assert "Masuk" in answer.content.decode()
    assert not is_signed_in(client)
    assert actions() == []


def test_a_name_nobody_has_is_answered_like_a_wrong_password(client, operator):
    def answer_to(name):
        page = sign_in(client, "not the password", name).context["form"]
        return str(page.errors)

    assert answer_to("operator.contoh") == answer_to("nobody.at.all")


def test_a_stranger_is_led_to_the_door_and_then_to_where_they_wanted(client, operator):
    wanted = client.get("/lokasi/?cari=rutan")

    assert wanted.url == "/masuk/?next=/lokasi/%3Fcari%3Drutan"
    assert sign_in(client, next_url="/lokasi/?cari=rutan").url == "/lokasi/?cari=rutan"


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org/", "//example.org", "javascript:alert(1)", "/\\example.org"]
)
def test_the_door_leads_to_no_other_site(client, operator, elsewhere):
    assert sign_in(client, next_url=elsewhere).url == "/"


def test_whoever_is_in_is_not_asked_again(client, operator):
    sign_in(client)

    assert client.get(reverse("login")).url == "/"


def test_a_suspended_account_cannot_sign_in(client, operator):
    User.objects.update(is_active=False)

    assert sign_in(client).status_code == 200
    assert not is_signed_in(client)


def test_a_client_system_cannot_sign_in_even_with_a_password(client):
    factories.user(Role.CLIENT, "36", password=factories.PASSWORD, username="operator.contoh")

    answer = sign_in(client)

    assert answer.status_code == 200
    assert answer.context["form"].errors.as_data()["__all__"][0].code == "invalid_login"
    assert not is_signed_in(client)


def test_the_form_is_refused_without_its_token(operator):
    assert sign_in(Client(enforce_csrf_checks=True)).status_code == 403


def test_signing_in_stands_in_the_trail(client, operator):
    sign_in(client)

    entry = AuditEntry.everywhere.get(action="account.signed_in")
    assert (entry.actor_id, entry.subject_id, entry.territory) == (operator.pk, str(operator.pk), "36")


def test_signing_in_begins_a_session_of_its_own(client, operator):
    client.get(reverse("login"))
    before = client.cookies.get("sessionid")
    sign_in(client)

    assert client.cookies["sessionid"].value != (before and before.value)
    assert client.cookies["sessionid"]["httponly"]
    assert client.cookies["sessionid"]["samesite"] == "Lax"


# Too many attempts


def fail(client, times, **options):
    for _ in range(times):
        answer = sign_in(client, "not the password", **options)
    return answer


def test_the_fifth_wrong_password_locks_in_indonesian(client, operator):
    assert fail(client, 4).status_code == 200

    answer = fail(client, 1)

    page = answer.content.decode()
    assert answer.status_code == 429
    assert '<html lang="id">' in page
    assert "Coba lagi" in page
    assert "15 menit" in page


def test_while_locked_the_right_password_does_not_help(client, operator):
    fail(client, 5)

    assert sign_in(client).status_code == 429
    assert not is_signed_in(client)


def test_the_lock_ends_by_itself_however_often_somebody_tries_meanwhile(client, operator):
    fail(client, 8)
    earlier = timezone.now() - datetime.timedelta(minutes=14)
    AccessAttempt.objects.update(attempt_time=earlier)
    assert fail(client, 2).status_code == 429

    AccessAttempt.objects.update(attempt_time=earlier - datetime.timedelta(minutes=2))

    assert AccessAttempt.objects.get().failures_since_start == 5
    assert sign_in(client).status_code == 302


def test_the_lock_is_of_one_account_from_one_address(client, operator):
    factories.user(Role.OPERATOR, "36", password=factories.PASSWORD, username="somebody.else")
    fail(client, 5)

    assert sign_in(client, REMOTE_ADDR="10.1.2.3").status_code == 302
    client.logout()
    assert sign_in(client, username="somebody.else").status_code == 302


def test_another_browser_at_the_same_address_does_not_begin_anew(client, operator):
    fail(client, 3, headers={"user-agent": "one"})

    assert fail(client, 2, headers={"user-agent": "other"}).status_code == 429


def test_behind_a_proxy_its_word_on_the_address_counts(client, operator, settings):
    settings.HTTPS = True
    fail(client, 5, headers={"x-forwarded-for": "10.1.2.3"})

    assert sign_in(client, headers={"x-forwarded-for": "10.1.2.3"}).status_code == 429
    assert sign_in(client, headers={"x-forwarded-for": "10.1.2.3, 10.9.9.9"}).status_code == 302


def test_without_a_proxy_nobody_can_claim_another_address(client, operator):
    fail(client, 4, headers={"x-forwarded-for": "10.1.2.3"})

    assert fail(client, 1, headers={"x-forwarded-for": "10.1.2.4"}).status_code == 429


def test_a_success_forgets_the_failures_before_it(client, operator):
    fail(client, 4)
    sign_in(client)
    client.logout()

    assert not AccessAttempt.objects.exists()
    assert fail(client, 4).status_code == 200


def test_a_lock_stands_in_the_trail_once(client, operator):
    fail(client, 8)

    entry = AuditEntry.everywhere.get()
    assert (entry.action, entry.actor, entry.subject_id) == ("account.locked", "SYSTEM", str(operator.pk))


def test_what_was_typed_for_a_name_is_not_kept_in_the_trail_if_nobody_has_it(client, operator):
    assert fail(client, 5, username="nobody.at.all").status_code == 429

    assert actions() == []


def test_of_a_failure_only_account_address_and_count_are_kept(client, operator):
    fail(client, 2, next_url="/lokasi/?cari=rahasia")

    kept = AccessAttempt.objects.get()
    assert (kept.username, kept.ip_address, kept.failures_since_start) == ("operator.contoh", "127.0.0.1", 2)
    for secret in ("not the password", "rahasia", "operator.contoh"):
        assert secret not in kept.post_data + kept.get_data


def test_failures_and_sessions_that_are_over_are_forgotten(client, operator):
    fail(client, 1, username="somebody.else")
    sign_in(client)
    now = timezone.now()

    assert signing.forget(at=now + datetime.timedelta(minutes=14)) == 0
    assert signing.forget(at=now + datetime.timedelta(minutes=16)) == 1
    assert not AccessAttempt.objects.exists()
    assert signing.forget(at=now + datetime.timedelta(minutes=61)) == 1
    assert not Session.objects.exists()


def test_the_worker_forgets_only_what_is_over(client, operator):
    fail(client, 1, username="somebody.else")
    sign_in(client)

    tasks.forget()

    assert (AccessAttempt.objects.count(), Session.objects.count()) == (1, 1)


# Leaving


def test_signing_out_ends_the_session(client, operator):
    sign_in(client)
    cookie = client.cookies["sessionid"].value

    answer = client.post(reverse("logout"))

    assert answer.url == reverse("login")
    client.cookies["sessionid"] = cookie
    assert not is_signed_in(client)
    assert not Session.objects.exists()


def test_a_link_alone_signs_nobody_out(client, operator):
    sign_in(client)

    assert client.get(reverse("logout")).status_code == 405
    assert is_signed_in(client)


def test_a_session_ends_an_hour_after_the_last_page(client, operator):
    sign_in(client)
    session = Session.objects.get()
    assert datetime.timedelta(minutes=59) < session.expire_date - timezone.now() <= datetime.timedelta(minutes=60)

    Session.objects.update(expire_date=timezone.now() - datetime.timedelta(seconds=1))

    assert not is_signed_in(client)


def test_every_page_begins_the_hour_anew(client, operator):
    sign_in(client)
    Session.objects.update(expire_date=timezone.now() + datetime.timedelta(minutes=1))

    client.get("/")

    assert Session.objects.get().expire_date - timezone.now() > datetime.timedelta(minutes=59)


def test_a_suspended_person_is_out_at_the_next_page(client, operator):
    sign_in(client)
    User.objects.update(is_active=False)

    assert not is_signed_in(client)


# The own password


def change_password(client, old=factories.PASSWORD, new=NEW_PASSWORD, again=None):
    form = {"old_password": old, "new_password1": new, "new_password2": new if again is None else again}
    return client.post(reverse("password_change"), form)


def test_a_new_password_counts_from_then_on(client, operator):
    sign_in(client)

    answer = change_password(client)

    assert answer.url == reverse("password_change_done")
    assert client.get(answer.url).status_code == 200
    operator.refresh_from_db()
    assert operator.check_password(NEW_PASSWORD)
    assert actions() == ["account.signed_in", "account.password_changed"]


def test_other_sessions_end_when_the_password_changes(client, operator):
    other = Client()
    sign_in(other)
    sign_in(client)

    change_password(client)

    assert is_signed_in(client)
    assert not is_signed_in(other)


@pytest.mark.parametrize(
    "form",
    [
        {"old": "not the password"},
        {"again": "something else entirely"},
        {"new": "short"},
        {"new": "password1234"},
        {"new": "operator.contoh"},
    ],
)
def test_a_password_that_does_not_do_changes_nothing(client, operator, form):
    sign_in(client)

    assert change_password(client, **form).status_code == 200

    operator.refresh_from_db()
    assert operator.check_password(factories.PASSWORD)
    assert "account.password_changed" not in actions()


def test_passwords_are_stored_by_argon2():
    from tpskhusus.settings import PASSWORD_HASHERS

    assert PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
