"""Two requests about one LINE account at the same moment: it ends up with one account, and nothing breaks."""

from functools import partial
from typing import Any

from backend.accounts.errors import IdentityHasAccount, IdentityUsed
from backend.accounts.identity import Identity, SingleUse
from backend.accounts.models import Session, User
from backend.accounts.services.identities import link_identity, unlink_identity
from backend.accounts.services.sign_in import sign_in
from backend.core.clock import read_clock
from backend.core.db.ids import new_id
from backend.core.errors import DomainError
from tests.factories.people import make_session, make_user
from tests.races.concurrency import at_once, require_no_errors

LINE = Identity(line_id="U1")


def linking(user: User, identity: Identity = LINE) -> Any:
    return partial(link_identity, user=user, identity=identity, now=read_clock())


def signing_in(identity: Identity = LINE) -> Any:
    return partial(sign_in, identity=identity, installation="", device_name="", now=read_clock())


class TestOneLineAccount:
    def test_linked_by_several_people_goes_to_one(self) -> None:
        for _ in range(10):
            User.objects.all().delete()

            results = at_once([linking(make_user()) for _ in range(4)])

            require_no_errors(results)
            assert User.objects.filter(line_id="U1", is_active=True).count() == 1
            refusals = [result for result in results if isinstance(result, DomainError)]
            assert all(isinstance(refusal, IdentityHasAccount) for refusal in refusals)

    def test_linked_twice_by_the_same_person_is_linked(self) -> None:
        user = make_user()

        results = at_once([linking(user)] * 4)

        assert [result.line_id for result in results] == ["U1"] * 4

    def test_linked_while_somebody_signs_in_with_it(self) -> None:
        for _ in range(10):
            Session.objects.all().delete()
            User.objects.all().delete()

            results = at_once([linking(make_user()), signing_in(), signing_in()])

            require_no_errors(results)
            assert User.objects.filter(line_id="U1", is_active=True).count() == 1

    def test_first_seen_twice_makes_one_account(self) -> None:
        results = at_once([signing_in()] * 4)

        assert len({result.user.pk for result in results}) == 1

    def test_two_unlinked_at_once_leave_one(self) -> None:
        user = make_user(line_id="U1", firebase_uid="uid-1")
        session, _ = make_session(user)

        results = at_once(
            [
                partial(unlink_identity, user=user, kind=kind, keep=session, now=read_clock())
                for kind in ("phone", "firebase", "line")
            ]
        )

        require_no_errors(results)
        user.refresh_from_db()
        assert "phone" in user.identities, "the only one that works in this configuration"


class TestProofThatWorksOnce:
    def test_admits_one_of_several_at_once(self) -> None:
        once = Identity(line_id="U1", single_use=SingleUse(new_id(), read_clock()))

        results = at_once([signing_in(once)] * 4)

        assert sum(isinstance(result, IdentityUsed) for result in results) == 3
        assert Session.objects.count() == 1
