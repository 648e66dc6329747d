import { goldenSuite } from '../program.ts';

goldenSuite('derive-io');
