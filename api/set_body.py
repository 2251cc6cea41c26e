"""How a picture of a prediction set is shown."""

from api.context import Context
from api.links import picture_links
from domain.runs.queries.sets import SetPicture
from domain.scope import Actor
from schema.bodies.runs import SetPictureBody
from schema.objects import OBJECTS


def set_picture_body(picture: SetPicture, context: Context, actor: Actor) -> SetPictureBody:
    url, thumbnail_url = picture_links(context, actor, client_org=picture.client_org, sha256=picture.sha256)
    return SetPictureBody(
        image_id=picture.image_id,
        item_id=picture.item_id,
        key=picture.key,
        width=picture.width,
        height=picture.height,
        url=url,
        thumbnail_url=thumbnail_url,
        prediction_id=picture.prediction_id,
        objects=OBJECTS.validate_python(picture.objects or ()),
    )
