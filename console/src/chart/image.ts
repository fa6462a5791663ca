// A drawing as a PNG with its question above it.

import { el } from "../dom";
import { palette } from "./palette";

const [EDGE, HEAD] = [32, 64];

export async function png(picture: HTMLCanvasElement, title: string): Promise<Blob> {
  const colours = palette();
  const canvas = el("canvas", { width: picture.width + 2 * EDGE, height: picture.height + HEAD + 2 * EDGE });
  const pen = canvas.getContext("2d")!;
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = colours.ink;
  pen.font = `600 26px ${getComputedStyle(document.body).fontFamily}`;
  pen.textBaseline = "top";
  pen.fillText(title, EDGE, EDGE, canvas.width - 2 * EDGE);
  pen.drawImage(picture, EDGE, EDGE + HEAD);
  return new Promise((done, fail) => {
    canvas.toBlob((blob) => {
      if (blob) done(blob);
      else fail(new Error("The browser made no image."));
    }, "image/png");
  });
}
