// page: the page of `serve`, put together: what is in view, what is fetched for it, who renders it

import { createApp } from './app.ts';

createApp(document.body);
