/** A picture as it is drawn: its numbers as they are in the file. @param {Blob} file */
export function decoded(file) {
  return createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
}
