declare const here: string;
export = here;
