/* An addon as compilers made them for Node 12 without Node-API: it registers itself, with that version's number. */
struct node_module {
  int version;
  unsigned flags;
  void* handle;
  const char* file;
  void (*register_function)(void*, void*, void*);
  void (*register_context_function)(void*, void*, void*, void*);
  const char* name;
  void* private_data;
  struct node_module* link;
};

void node_module_register(void* module);

static void start(void* exports, void* module, void* private_data) {
  (void)exports, (void)module, (void)private_data;
}

static struct node_module module = {72, 0, 0, __FILE__, start, 0, "frac_connections", 0, 0};

__attribute__((constructor)) static void register_module(void) { node_module_register(&module); }
