"""Which files of a folder are photos to simulate on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from landmarkdiff.errors import PhotoError, UnsupportedPhotoError
from landmarkdiff.photo.sniff import detect_format
from landmarkdiff.workflows.comparison import COMPARISON_FILE
from landmarkdiff.workflows.examine import ANALYSIS_FILES
from landmarkdiff.workflows.output.folder import RECORDS
from landmarkdiff.workflows.single import EVERY_PREVIEW_FILE
from landmarkdiff.workflows.sweep import SWEEP_FILE
from landmarkdiff.workflows.view_files import VIEW_FILES

__all__ = ["find_photos"]

#: A file with one of these endings is meant to be a picture, whatever it holds. Those of camera
#: raw and of types that are not read are among them, so that nothing is passed over in silence.
_PICTURE_SUFFIXES = frozenset(
    f".{ending}"
    for ending in (
        *("jpg", "jpeg", "jpe", "jfif", "jif", "mpo", "png", "apng", "webp", "tif", "tiff"),
        *("bmp", "dib", "gif", "heic", "heif", "hif", "heics", "heifs", "avif", "avifs"),
        *("dcm", "dicom", "jxl", "jp2", "j2k", "jpf", "jpx", "jpm", "psd", "psb", "exr"),
        *("jxr", "wdp", "hdr", "xcf"),
        *("nef", "nrw", "cr2", "cr3", "crw", "arw", "srf", "sr2", "dng", "raf", "orf", "rw2"),
        *("rwl", "pef", "ptx", "srw", "x3f", "3fr", "fff", "iiq", "erf", "mrw", "kdc", "dcr"),
    )
)
#: Content that is a picture of a type that is not read, in the words of ``photo_type``.
_PICTURES_NOT_READ = frozenset(
    {"photoshop", "bigtiff", "jpeg_xl", "jpeg_xr", "openexr", "radiance", "gimp"}
)
#: What file servers and systems keep beside the photos: what was deleted, thumbnails, snapshots.
_KEPT_ASIDE = frozenset(
    {
        "@eadir",
        "@recycle",
        "@recently-snapshot",
        "@snapshot",
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        "recycler",
        "recycled",
        "recycle bin",
        "lost+found",
        "lost.dir",
        "system volume information",
        "found.000",
        "network trash folder",
        "temporary items",
        "trash",
        "thumbnails",
        "__macosx",
    }
)
#: Files of results.
_RESULTS = (*EVERY_PREVIEW_FILE, *VIEW_FILES, *ANALYSIS_FILES, COMPARISON_FILE, SWEEP_FILE)
_HEAD_BYTES = 1 << 16


def find_photos(folder: Path, out: Path, *, below: bool = True) -> list[Path]:
    """Return the pictures of a folder, sorted, also those of types that are not read.

    Hidden files, results of this program, and folders in which systems keep what was deleted or
    thumbnails (``#recycle``, ``@eaDir``, ``lost+found`` and their like) are left out.

    Parameters
    ----------
    folder : Path
    out : Path
        Folder for results, in which no photo is looked for, unless it is ``folder`` itself.
    below : bool
        Whether folders inside it count.

    Raises
    ------
    PhotoError
        The folder does not exist, is a file, or holds no photo.
    """
    if not folder.is_dir():
        raise PhotoError("photo_folder_missing", name=folder.name or str(folder))
    found = list(_pictures(folder, out.resolve(), below=below))
    if not found:
        raise PhotoError("photo_folder_empty", name=folder.name or str(folder))
    return sorted(found, key=lambda path: path.relative_to(folder).parts)


def _pictures(folder: Path, results: Path, *, below: bool) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        here = Path(place)
        if here != folder and here.resolve() == results:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if below and not _is_aside(name))
        made = _RESULTS if set(RECORDS) & set(names) else ()
        for name in names:
            ours = any(fnmatch(name, pattern) for pattern in made)
            if not ours and not name.startswith(".") and _is_picture(here / name):
                yield here / name


def _is_aside(name: str) -> bool:
    return name.startswith(".") or name.casefold() in _KEPT_ASIDE


def _is_picture(path: Path) -> bool:
    """By its ending or, without a known one, by its content."""
    if path.suffix.lower() in _PICTURE_SUFFIXES:
        return True
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            detect_format(file.read(_HEAD_BYTES))
    except UnsupportedPhotoError as failure:
        return failure.params.get("content") in _PICTURES_NOT_READ
    except OSError:
        return False
    return True
