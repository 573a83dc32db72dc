/** `npm run build`: makes dist/ of src/. */
import { build } from './compile.mjs';
import { main } from './prepare.mjs';

await main(build);
