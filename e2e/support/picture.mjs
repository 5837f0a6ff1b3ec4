// Pictures of pages, compared so that type and chance do not matter and layout does: both are drawn so small that a letter is
// a shade, and what counts is how much of the sheet has another colour.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

const KNOWN = resolve(import.meta.dirname, "../pictures");
const SEEN = resolve(import.meta.dirname, "../../target/pictures");
/** So many pixels of a page become one. */
const SCALE = 8;
/** From here on a colour is another: so much of 255, in any of red, green and blue. */
const OTHER = 48;
/** So much of a sheet may be of another colour. */
export const TOLERANCE = 0.04;

/**
 * How much of the page looks different from the picture of that name, from 0 to 1. With UPDATE_PICTURES=1 the picture is
 * replaced instead. What was seen lies in target/pictures.
 */
export async function difference(page, name) {
  await page.evaluate(() => document.fonts.ready);
  const seen = await small(page, await page.screenshot({ animations: "disabled" }));
  await mkdir(SEEN, { recursive: true });
  await writeFile(join(SEEN, `${name}.png`), seen);
  if (process.env.UPDATE_PICTURES === "1") await writeFile(join(KNOWN, `${name}.png`), seen);
  return compare(page, await readFile(join(KNOWN, `${name}.png`)), seen);
}

/** A tab of nobody's, where pictures may be drawn: a page's own policy forbids what is not its own. */
async function withCanvas(page, work, pictures) {
  const blank = await page.context().newPage();
  try {
    return await blank.evaluate(work, { SCALE, OTHER, pictures: pictures.map((png) => `data:image/png;base64,${png.toString("base64")}`) });
  } finally {
    await blank.close();
  }
}

async function small(page, png) {
  const data = await withCanvas(page, async ({ SCALE, pictures: [url] }) => {
    const picture = await createImageBitmap(await (await fetch(url)).blob());
    const [width, height] = [picture.width, picture.height].map((length) => Math.round(length / SCALE));
    const drawn = await createImageBitmap(picture, { resizeWidth: width, resizeHeight: height, resizeQuality: "high" });
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(drawn, 0, 0);
    return canvas.toDataURL("image/png");
  }, [png]);
  return Buffer.from(data.split(",")[1], "base64");
}

function compare(page, known, seen) {
  return withCanvas(page, async ({ OTHER, pictures }) => {
    const pixels = async (url) => {
      const bitmap = await createImageBitmap(await (await fetch(url)).blob());
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      context.drawImage(bitmap, 0, 0);
      return context.getImageData(0, 0, bitmap.width, bitmap.height);
    };
    const [one, other] = await Promise.all(pictures.map(pixels));
    if (one.width !== other.width || one.height !== other.height) return 1;
    let differing = 0;
    for (let at = 0; at < one.data.length; at += 4) {
      const apart = Math.max(...[0, 1, 2].map((ink) => Math.abs(one.data[at + ink] - other.data[at + ink])));
      if (apart >= OTHER) differing += 1;
    }
    return differing / (one.width * one.height);
  }, [known, seen]);
}
