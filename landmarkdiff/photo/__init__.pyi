from .label import (
    LabelCorner as LabelCorner,
    choose_label_corner as choose_label_corner,
    draw_label as draw_label,
)
from .manifest import read_manifest as read_manifest
from .read import Photo as Photo, read_photo as read_photo
from .source import PhotoLimits as PhotoLimits
from .write import (
    PngWriter as PngWriter,
    encode_jpeg as encode_jpeg,
    encode_json as encode_json,
    encode_png as encode_png,
    write_bytes as write_bytes,
    write_jpeg as write_jpeg,
    write_json as write_json,
    write_png as write_png,
    write_text as write_text,
)
