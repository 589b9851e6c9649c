// What the walker has not learnt: it ends a count, rather than to be counted wrong in silence.
import { SetupError } from '../../../common/terminal.mjs';

export class Unknown extends SetupError {
  constructor(what) {
    super(`unknown ${what}`);
  }
}
