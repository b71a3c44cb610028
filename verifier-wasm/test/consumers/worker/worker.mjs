// A request brings the task, the response the outcome.

import * as entries from "../entries.mjs";
import { tryEverything } from "../try.mjs";

export default {
  async fetch(request) {
    try {
      return Response.json(await tryEverything(entries, await request.json()));
    } catch (error) {
      return new Response(error.stack, { status: 500 });
    }
  },
};
