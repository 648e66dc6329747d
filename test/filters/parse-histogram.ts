// parse-histogram: the options as settings, and the program on every shape and oddity of its input

import { goldenSuite } from '../program.ts';

goldenSuite('parse-histogram');
