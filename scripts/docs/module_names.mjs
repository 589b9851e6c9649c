// A TypeDoc plugin: modules go by the names that users import, not by those of their files.
import { Converter } from 'typedoc';

const PACKAGE = 'frac-connections';

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? [])
      module.name = module.name === 'index' ? PACKAGE : `${PACKAGE}/${module.name}`;
  });
}
