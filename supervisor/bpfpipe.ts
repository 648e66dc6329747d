#!/usr/bin/env node
// bpfpipe - run pipelines of filters from one YAML file
