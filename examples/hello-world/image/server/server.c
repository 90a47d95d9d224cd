/*
 * The whole of Hello World: answers every connection to port 8080 with a page that greets the name in /data/name.
 * Uses no library, only system calls, so that it is a few hundred bytes large and runs in an otherwise empty image.
 * Build with build.sh.
 */

typedef unsigned long word;

#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, CLOSE = 3, SOCKET = 41, ACCEPT = 43, BIND = 49, LISTEN = 50, SETSOCKOPT = 54, EXIT = 60, OPENAT = 257 };
static long call(word number, word a, word b, word c, word d, word e) {
  long result;
  register word r10 __asm__("r10") = d;
  register word r8 __asm__("r8") = e;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
  return result;
}
#else /* aarch64 and riscv64 share the generic table */
enum { OPENAT = 56, CLOSE = 57, READ = 63, WRITE = 64, EXIT = 93, SOCKET = 198, BIND = 200, LISTEN = 201, ACCEPT = 202, SETSOCKOPT = 208 };
#if defined(__aarch64__)
#define ARGUMENT(n) __asm__("x" #n)
#define NUMBER __asm__("x8")
#define TRAP "svc 0"
#elif defined(__riscv)
#define ARGUMENT(n) __asm__("a" #n)
#define NUMBER __asm__("a7")
#define TRAP "ecall"
#endif
static long call(word number, word a, word b, word c, word d, word e) {
  register word nr NUMBER = number;
  register word a0 ARGUMENT(0) = a;
  register word a1 ARGUMENT(1) = b;
  register word a2 ARGUMENT(2) = c;
  register word a3 ARGUMENT(3) = d;
  register word a4 ARGUMENT(4) = e;
  __asm__ volatile(TRAP : "+r"(a0) : "r"(nr), "r"(a1), "r"(a2), "r"(a3), "r"(a4) : "memory");
  return (long)a0;
}
#endif

static const char head[] =
    "HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    "<!doctype html><title>Hello</title><h1>Hello, ";
static const char tail[] = "!</h1>\n";
static const char path[] = "/data/name";
static const char world[] = "World";

struct address {
  unsigned short family, port;
  unsigned int host;
  char zero[8];
};

void _start(void) {
  static char request[1024], name[256];
  static const struct address any = {2 /* AF_INET */, 0x901f /* 8080, big-endian */, 0, {0}};
  static const int one = 1;
  long listener = call(SOCKET, 2, 1 /* SOCK_STREAM */, 0, 0, 0);
  call(SETSOCKOPT, listener, 1 /* SOL_SOCKET */, 2 /* SO_REUSEADDR */, (word)&one, sizeof one);
  if (call(BIND, listener, (word)&any, sizeof any, 0, 0) < 0 || call(LISTEN, listener, 16, 0, 0, 0) < 0) {
    call(EXIT, 1, 0, 0, 0, 0);
  }
  for (;;) {
    long client = call(ACCEPT, listener, 0, 0, 0, 0);
    if (client < 0) continue;
    call(READ, client, (word)request, sizeof request, 0, 0);
    long file = call(OPENAT, -100 /* AT_FDCWD */, (word)path, 0, 0, 0);
    long length = file < 0 ? 0 : call(READ, file, (word)name, sizeof name, 0, 0);
    if (file >= 0) call(CLOSE, file, 0, 0, 0, 0);
    call(WRITE, client, (word)head, sizeof head - 1, 0, 0);
    if (length > 0) call(WRITE, client, (word)name, length, 0, 0);
    else call(WRITE, client, (word)world, sizeof world - 1, 0, 0);
    call(WRITE, client, (word)tail, sizeof tail - 1, 0, 0);
    call(CLOSE, client, 0, 0, 0, 0);
  }
}
