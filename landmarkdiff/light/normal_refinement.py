"""Normals of the skin, put right place by place by the light that the photo shows there.

A head of the family has no bump that the family has not. What is left between the light of the
photo and that on the head's normals is in part the skin's own colour, in part normals that differ.
Under flat light from the front it matters most: how far a surface darkens when it turns depends
there on the slope that it has already, and on nothing else.

The normal that is most probable lies in the direction in which the light grows, by the share of
the difference that is not expected of the skin's colour: least squares with the normals' own
spread as prior, cell by cell, without any height in between.
"""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray
from landmarkdiff.landmarks.face_crop import FaceCrop
from landmarkdiff.light.fit import LUMINANCE, LightFit
from landmarkdiff.light.shape_from_shading import ALBEDO, CAUCHY, slope_of_light
from landmarkdiff.manipulation.shading import linear_light

__all__ = ["normal_refinement"]

#: Spread of the normals that the head leaves, in x and in y: 7 degrees.
NORMALS = 0.12
#: The light is compared over this, mm: less is pores and freckles.
COMPARED_MM = 2.5
#: Skin that looks away from the camera by more than this cosine keeps the head's normals.
LEAST_FACING = 0.3


def normal_refinement(
    crop: FaceCrop, normals: FloatArray, lit: BoolArray, fit: LightFit
) -> FloatArray:
    """Return what is to be added to x and y of the normals of each cell: (h, w, 2).

    0 where the skin has not the light that was fitted.

    Parameters
    ----------
    crop : FaceCrop
    normals : (h, w, 3) float64 array
        Of the head, unit, camera frame.
    lit : (h, w) bool array
        Cells of skin that have the fitted light.
    fit : LightFit
    """
    own = lit & (normals[..., 2] > LEAST_FACING)
    expected = np.ones(own.shape)
    expected[own] = np.maximum(fit.luminance(normals[own]), 1e-4)
    found = np.asarray(linear_light()[crop.pixels] @ LUMINANCE, np.float64)
    spread = COMPARED_MM / crop.mm_per_cell
    here = cv2.GaussianBlur(own.astype(np.float64), (0, 0), spread)
    off = np.asarray(
        cv2.GaussianBlur(np.where(own, found / expected - 1.0, 0.0), (0, 0), spread)
        / np.maximum(here, 1e-3)
    )
    slope = np.zeros((*own.shape, 2))
    # While z stays: the slope along the normal itself is none.
    slope[own] = slope_of_light(fit, normals[own])[:, :2] / expected[own][:, None]
    robust = ALBEDO**2 * (1.0 + (off / (CAUCHY * ALBEDO)) ** 2)
    gain = NORMALS**2 / (NORMALS**2 * (slope**2).sum(axis=-1) + robust)
    turn = slope * (gain * off * here * own)[..., None]
    return np.asarray(cv2.GaussianBlur(turn, (0, 0), 0.5 * spread), np.float64)
