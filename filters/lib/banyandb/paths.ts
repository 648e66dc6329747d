// paths: the calls of BanyanDB that are made

const REGISTRY = '/banyandb.database.v1.';
const DATA = '/banyandb.measure.v1.MeasureService/';

export const PATH = {
	createGroup: `${REGISTRY}GroupRegistryService/Create`,
	createMeasure: `${REGISTRY}MeasureRegistryService/Create`,
	updateMeasure: `${REGISTRY}MeasureRegistryService/Update`,
	getMeasure: `${REGISTRY}MeasureRegistryService/Get`,
	listMeasures: `${REGISTRY}MeasureRegistryService/List`,
	write: `${DATA}Write`,
	query: `${DATA}Query`,
} as const;
