"""What a person says of pictures and songs."""

from fastapi import APIRouter, HTTPException, Response

from img2music.app.feedback import FeedbackList
from img2music.errors import UsageError
from img2music.library.record import Feedback
from img2music.options import ME
from img2music.server.bodies import FeedbackRequest, Person, TrackId
from img2music.server.description import shape
from img2music.server.served import Served, as_json


def add(routes: APIRouter, served: Served) -> None:
    """Add the routes."""

    @routes.get("/feedback", response_class=Response, responses=shape(FeedbackList))
    def list_feedback(person: Person = ME) -> Response:
        """List what a person said."""
        return as_json(served.library.feedback.list(person))

    @routes.post("/feedback", status_code=201, response_class=Response, responses=shape(Feedback, 201))
    def say(body: FeedbackRequest) -> Response:
        """Say what a picture or a song feels like, whether one likes a song, or whether it fits a picture."""
        return as_json(_said(body, served), 201)

    @routes.delete("/feedback/{id}", status_code=204)
    def take_back(id: TrackId, person: Person = ME) -> None:  # noqa: A002
        """Take back what was said."""
        try:
            served.library.feedback.undo(id, person=person)
        except UsageError as error:
            raise HTTPException(404, str(error)) from error


def _said(body: FeedbackRequest, served: Served) -> Feedback:
    says, person, feedback = body.says, body.person, served.library.feedback
    kind = says.given
    if says.like is False or says.never is False:
        raise UsageError("`like` and `never` are true; take back what was said instead.")
    picture = None if body.picture is None else served.picture(body.picture)
    track = None if body.track is None else served.track(body.track)
    if says.affect is not None:
        felt = (says.affect.valence, says.affect.arousal)
        if picture is not None and track is None:
            return feedback.affect(picture.path, *felt, person=person, name=picture.name)
        if track is not None and picture is None:
            return feedback.affect(track, *felt, person=person)
        raise UsageError("`affect` is said of either a `picture` or a `track`.")
    if says.position is not None:
        if picture is None or track is not None:
            raise UsageError("`position` is said of a `picture`.")
        felt = (says.position.valence, says.position.arousal)
        return feedback.position(picture.path, *felt, person=person, name=picture.name)
    if track is None or (picture is None) is (kind == "fits"):
        raise UsageError(f"`{kind}` is said of a `track`{' with a `picture`' if kind == 'fits' else ' alone'}.")
    if picture is not None:
        return (feedback.fits if says.fits else feedback.unfit)(track, picture.path, person=person, name=picture.name)
    return (feedback.like if says.like else feedback.never)(track, person=person)
