import { goldenSuite } from '../program.ts';

goldenSuite('classify');
