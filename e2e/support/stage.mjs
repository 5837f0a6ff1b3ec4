// What the stories of a file share: a festival and a browser, there before the first and gone after the last, also when
// one of them fails.
import { after, before } from "node:test";
import { launch, visitor } from "./browser.mjs";
import { Festival, freePort } from "./festival.mjs";

/** A stage, empty until the stories begin. `set` prepares more of it. */
export function stage(set = async () => {}) {
  const stage = {
    /** A tab of a visitor of its own, on this stage. */
    visitor: (options) => visitor(stage.browser, options),
  };
  before(async () => {
    stage.festival = await Festival.open();
    stage.devtools = await freePort();
    stage.browser = await launch(stage.devtools);
    await set(stage);
  });
  after(async () => {
    await stage.browser?.close();
    await stage.festival?.close();
  });
  return stage;
}
