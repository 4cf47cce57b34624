/* Reads the block style that programs write, and most people, as `k8slblint/documents/plain_lines.py` does, which is the reference.
 *
 * It builds nothing but dict, list, str, int, bool and None. What it does not know for sure it leaves to the reader in Python, by
 * returning None; numbers that are more than some digits it asks Python about. Every text comes from a tree that nobody trusts: there is
 * no recursion, every loop ends at the line end that the last line of a text has, or at its end, and every byte is looked at a few times.
 */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <stdint.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { DEEPEST = 100, STACK = 2 * DEEPEST + 8, LONGEST_KEY = 200, LONGEST_FLOW = 1000, SHARED = 24, SLOTS = 2048 };

/* Short texts that were made lately: keys and words of manifests are the same few. Only used with the lock of the interpreter held. */
static struct {
    PyObject *text;
    unsigned char size;
    char bytes[SHARED];
} shared[SLOTS];

typedef struct {
    PyObject *container; /* borrowed, as all here: the root holds it */
    PyObject *node;      /* that of the container, where places are wanted */
    PyObject *parts;     /* its members or items */
    Py_ssize_t column;
    int is_list;
} Level;

typedef struct {
    PyObject *resolve;  /* borrowed */
    PyObject *anchors;  /* values by the names of anchors, NULL as long as there are none */
    Py_ssize_t aliases; /* how many there may be yet */
    int refused;        /* set where only a parser of YAML knows */
    PyObject *make;     /* the class of nodes, NULL where nobody wants places; borrowed */
    Py_ssize_t row;     /* the number of the line that is read */
    const char *seen;   /* how far columns of it have been counted, */
    Py_ssize_t column;  /* and the column there, from 1, in code points */
    Py_ssize_t end_row, end_column; /* where the last value ended */
} Reader;

enum { WORD_START = 1, WORD = 2, PLAIN_START = 4, NUMBER = 8, FLOW_START = 16, FLOW = 32, AFTER_DASH = 64, DIGIT = 128 };
static unsigned char kinds[256];

static void fill(const char *characters, unsigned char kind) {
    for (; *characters; characters++) kinds[(unsigned char)*characters] |= kind;
}

static void fill_kinds(void) {
    int c;
    for (c = 0; c < 256; c++) {
        int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), digit = c >= '0' && c <= '9';
        if (letter || c == '_') kinds[c] |= WORD_START;
        if (letter || digit) kinds[c] |= WORD | PLAIN_START | FLOW_START | FLOW | AFTER_DASH;
        if (digit) kinds[c] |= NUMBER | DIGIT;
        if (c >= 0x80) kinds[c] |= PLAIN_START;
    }
    fill("_./-", WORD);
    fill("_./$(<=~^+;\\", PLAIN_START);
    fill("_./$(<=~^+;\\-", AFTER_DASH);
    fill("abcdefABCDEFoOxX+-._", NUMBER);
    fill("_./$(<=~^+;", FLOW_START);
    fill("_./$(<=~^+;)>@%*|!& \\-", FLOW);
}

static PyObject *refuse(Reader *reader) {
    reader->refused = 1;
    return NULL;
}

/* Tell whether all characters are printed, and neither blank nor line end to anybody but blank, tab and LF; the text is valid UTF-8. */
static int is_ordinary(const unsigned char *at, const unsigned char *end) {
    while (at < end) {
        unsigned char c = *at;
        if (c < 0x80) {
            if (c < 0x20 ? (c != '\t' && c != '\n') : c == 0x7f) return 0;
            at++;
            continue;
        }
        uint32_t code;
        if (c < 0xe0) {
            if (end - at < 2) return 0;
            code = (uint32_t)(c & 0x1f) << 6 | (at[1] & 0x3f);
            at += 2;
        } else if (c < 0xf0) {
            if (end - at < 3) return 0;
            code = (uint32_t)(c & 0x0f) << 12 | (uint32_t)(at[1] & 0x3f) << 6 | (at[2] & 0x3f);
            at += 3;
        } else {
            if (end - at < 4) return 0;
            code = (uint32_t)(c & 0x07) << 18 | (uint32_t)(at[1] & 0x3f) << 12 | (uint32_t)(at[2] & 0x3f) << 6 | (at[3] & 0x3f);
            at += 4;
        }
        if (code < 0xa1 || (code >= 0x2000 && code <= 0x200f) || (code >= 0x2028 && code <= 0x202f) || (code >= 0x205f && code <= 0x206f) ||
            code == 0x3000 || (code >= 0xd800 && code <= 0xdfff) || (code >= 0xfdd0 && code <= 0xfdef) || (code >= 0xfefd && code <= 0xff00) ||
            (code >= 0xfff0 && code <= 0xffff) || code > 0x1fffd)
            return 0;
    }
    return 1;
}

static PyObject *text_of(const char *bytes, Py_ssize_t size) {
    uint32_t hash = 2166136261u;
    Py_ssize_t i;
    PyObject *made;
    if (size > SHARED) return PyUnicode_DecodeUTF8(bytes, size, NULL);
    for (i = 0; i < size; i++) hash = (hash ^ (unsigned char)bytes[i]) * 16777619u;
    hash = (hash ^ hash >> 15) % SLOTS;
    if (shared[hash].text && shared[hash].size == size && !memcmp(shared[hash].bytes, bytes, (size_t)size)) {
        Py_INCREF(shared[hash].text);
        return shared[hash].text;
    }
    made = PyUnicode_DecodeUTF8(bytes, size, NULL);
    if (made) {
        PyObject *before = shared[hash].text;
        Py_INCREF(made);
        shared[hash].text = made;
        shared[hash].size = (unsigned char)size;
        memcpy(shared[hash].bytes, bytes, (size_t)size);
        Py_XDECREF(before);
    }
    return made;
}

static PyObject *held(PyObject *value) {
    Py_INCREF(value);
    return value;
}

static int is_one_of(const char *bytes, Py_ssize_t size, const char *const *words) {
    for (; *words; words++)
        if ((Py_ssize_t)strlen(*words) == size && !memcmp(*words, bytes, (size_t)size)) return 1;
    return 0;
}

/* Return what a word means that is no text, a new reference, or NULL for all others. */
static PyObject *meaning(const char *bytes, Py_ssize_t size) {
    static const char *const yes[] = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL};
    static const char *const no[] = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", NULL};
    static const char *const nothing[] = {"~", "null", "Null", "NULL", NULL};
    if (size > 5 || size < 1 || !strchr("yYtToOnNfF~", bytes[0])) return NULL;
    if (is_one_of(bytes, size, yes)) return held(Py_True);
    if (is_one_of(bytes, size, no)) return held(Py_False);
    return is_one_of(bytes, size, nothing) ? held(Py_None) : NULL;
}

static PyObject *asked(Reader *reader, const char *bytes, Py_ssize_t size) {
    PyObject *text = PyUnicode_DecodeUTF8(bytes, size, NULL), *value;
    if (!text) return NULL;
    value = PyObject_CallFunctionObjArgs(reader->resolve, text, NULL);
    Py_DECREF(text);
    return value;
}

static PyObject *resolved(Reader *reader, const char *bytes, Py_ssize_t size) {
    Py_ssize_t i, digits = 0, dots = 0;
    PyObject *value = meaning(bytes, size);
    if (value) return value;
    if (size == 2 && bytes[0] == '<' && bytes[1] == '<') return asked(reader, bytes, size);
    if (!(kinds[(unsigned char)bytes[0]] & DIGIT) && bytes[0] != '+' && bytes[0] != '-' && bytes[0] != '.') return text_of(bytes, size);
    if (size <= 5 && !(kinds[(unsigned char)bytes[0]] & DIGIT)) return asked(reader, bytes, size);
    for (i = 0; i < size; i++) {
        unsigned char kind = kinds[(unsigned char)bytes[i]];
        if (!(kind & NUMBER)) return text_of(bytes, size);
        digits += (kind & DIGIT) != 0;
        dots += bytes[i] == '.';
    }
    if (dots > 1) return text_of(bytes, size);
    if (digits == size && size < 19 && (bytes[0] != '0' || size == 1)) {
        long long number = 0;
        for (i = 0; i < size; i++) number = number * 10 + (bytes[i] - '0');
        return PyLong_FromLongLong(number);
    }
    return asked(reader, bytes, size);
}

/* Return the column of an offset of the line that is read, which is not before the last one that was asked for. */
static Py_ssize_t column_of(Reader *reader, const char *at) {
    for (; reader->seen < at; reader->seen++) reader->column += (*reader->seen & 0xc0) != 0x80;
    return reader->column;
}

/* Return the node of a value that ends where the last one ended. */
static PyObject *node_of(Reader *reader, PyObject *value, Py_ssize_t row, Py_ssize_t column, const char *style) {
    return PyObject_CallFunction(reader->make, "Onnnns", value, row, column, reader->end_row, reader->end_column, style);
}

/* Return the node of a value whose offsets are on the line that is read, with the quote that it begins with as its style. */
static PyObject *node_at(Reader *reader, PyObject *value, const char *start, const char *end, int may_be_quoted) {
    char style[2] = {0, 0};
    Py_ssize_t column = column_of(reader, start);
    if (may_be_quoted && (*start == '"' || *start == '\'')) style[0] = *start;
    reader->end_row = reader->row;
    reader->end_column = column_of(reader, end);
    return node_of(reader, value, reader->row, column, style);
}

/* Return where a scalar ends that is followed by blanks, or by a blank and a comment. */
static const char *end_of(const char *at, const char *end) {
    if (*at == '"' || *at == '\'') {
        const char quote = *at;
        for (at++; at < end; at++) {
            if (quote == '"' && *at == '\\')
                at++;
            else if (*at == quote && quote == '\'' && at + 1 < end && at[1] == '\'')
                at++;
            else if (*at == quote)
                return at + 1;
        }
        return end;
    }
    const char *stop;
    for (stop = at; stop < end && !(*stop == ' ' && stop + 1 < end && stop[1] == '#'); stop++) {}
    while (stop > at && stop[-1] == ' ') stop--;
    return stop;
}

/* Tell whether a plain scalar is one that ends on its line. */
static int is_plain(const char *bytes, Py_ssize_t size) {
    Py_ssize_t i;
    if (!size) return 0;
    if (bytes[0] == '-' ? size < 2 || !(kinds[(unsigned char)bytes[1]] & AFTER_DASH) : !(kinds[(unsigned char)bytes[0]] & PLAIN_START)) return 0;
    if (size >= 3 && (!memcmp(bytes, "...", 3) || !memcmp(bytes, "---", 3))) return 0;
    for (i = 0; i < size; i++)
        if (bytes[i] == '\t' || (bytes[i] == ':' && (i + 1 == size || bytes[i + 1] == ' '))) return 0;
    return 1;
}

/* Tell whether nothing but blanks and a comment follows a value. */
static int has_ended(const char *at, const char *end) {
    if (at == end) return 1;
    if (*at != ' ') return 0;
    while (at < end && *at == ' ') at++;
    return at == end || *at == '#';
}

static PyObject *quoted(Reader *reader, const char *at, const char *end) {
    const char quote = *at, *start = ++at;
    Py_ssize_t extra = 0;
    char *copy, *to;
    PyObject *made;
    for (;; at++) {
        if (at == end || *at == '\t') return refuse(reader);
        if (*at == quote) {
            if (quote == '"' || at + 1 == end || at[1] != '\'') break;
            extra++, at++;
        } else if (quote == '"' && *at == '\\') {
            if (at + 1 == end || !memchr("\"\\nt", at[1], 4)) return refuse(reader);
            extra++, at++;
        }
    }
    if (!has_ended(at + 1, end)) return refuse(reader);
    if (!extra) return text_of(start, at - start);
    to = copy = PyMem_Malloc((size_t)(at - start));
    if (!copy) return PyErr_NoMemory();
    for (; start < at; start++) {
        char c = *start;
        if (quote == '\'' ? c == '\'' : c == '\\') {
            c = *++start;
            if (quote == '"') c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        *to++ = c;
    }
    made = PyUnicode_DecodeUTF8(copy, to - copy, NULL);
    PyMem_Free(copy);
    return made;
}

static const char *after_blanks(const char *at, const char *end) {
    while (at < end && *at == ' ') at++;
    return at;
}

/* Return a scalar in flow style, and in `at` the offset after it and the blanks that follow. */
static PyObject *item(Reader *reader, const char **at, const char *end, PyObject **node) {
    const char *start = *at, *stop;
    PyObject *value;
    *node = NULL;
    if (start < end && (*start == '"' || *start == '\'')) {
        for (stop = start + 1; stop < end && *stop != *start; stop++)
            if (*stop == '\t' || (*start == '"' && *stop == '\\')) return refuse(reader);
        if (stop == end) return refuse(reader);
        value = text_of(start + 1, stop - start - 1);
        *at = after_blanks(stop + 1, end);
        if (value && reader->make && !(*node = node_at(reader, value, start, stop + 1, 1))) Py_CLEAR(value);
        return value;
    }
    if (start == end) return refuse(reader);
    if (*start == '-' ? end - start < 2 || !(kinds[(unsigned char)start[1]] & WORD) : !(kinds[(unsigned char)*start] & FLOW_START)) return refuse(reader);
    for (stop = start + 1; stop < end && kinds[(unsigned char)*stop] & FLOW; stop++) {}
    *at = stop;
    while (stop[-1] == ' ') stop--;
    value = resolved(reader, start, stop - start);
    if (value && reader->make && !(*node = node_at(reader, value, start, stop, 0))) Py_CLEAR(value);
    return value;
}

/* Return the value of a list, and in `parts` the nodes of its elements, in `stop` the offset after it. */
static PyObject *flow_list(Reader *reader, const char *at, const char *end, PyObject *parts, const char **stop) {
    PyObject *list = PyList_New(0);
    if (!list) return NULL;
    do {
        PyObject *value, *node;
        int failed;
        at = after_blanks(at + 1, end);
        value = item(reader, &at, end, &node);
        failed = !value || PyList_Append(list, value) || (node && PyList_Append(parts, node));
        Py_XDECREF(value);
        Py_XDECREF(node);
        if (failed) {
            Py_DECREF(list);
            return NULL;
        }
    } while (at < end && *at == ',');
    *stop = at + 1;
    if (at < end && *at == ']' && has_ended(at + 1, end)) return list;
    Py_DECREF(list);
    return refuse(reader);
}

/* Return the key of a mapping in flow style, and in `at` the offset after the colon and the blanks. */
static PyObject *flow_key(Reader *reader, const char **at, const char *end, PyObject **node) {
    const char *start = *at, *first = *at, *stop;
    int is_quoted = start < end && *start == '"';
    PyObject *value;
    *node = NULL;
    if (is_quoted) {
        for (stop = ++start; stop < end && *stop != '"'; stop++)
            if (*stop == '\t' || *stop == '\\') return refuse(reader);
    } else {
        if (start == end || !(kinds[(unsigned char)*start] & WORD_START)) return refuse(reader);
        for (stop = start + 1; stop < end && kinds[(unsigned char)*stop] & (WORD | WORD_START); stop++) {}
        value = meaning(start, stop - start);
        if (value) {
            Py_DECREF(value);
            return refuse(reader);
        }
    }
    *at = stop + is_quoted;
    if (end - *at < 2 || **at != ':' || (*at)[1] != ' ') return refuse(reader);
    *at = after_blanks(*at + 1, end);
    value = text_of(start, stop - start);
    if (value && reader->make && !(*node = node_at(reader, value, first, stop + is_quoted, 1))) Py_CLEAR(value);
    return value;
}

static int set_once(Reader *reader, PyObject *mapping, PyObject *key, PyObject *value) {
    int is_set = PyDict_Contains(mapping, key);
    if (is_set > 0) refuse(reader);
    return is_set ? -1 : PyDict_SetItem(mapping, key, value);
}

static int set_pair(PyObject *members, PyObject *name, PyObject *key, PyObject *value) {
    PyObject *pair = PyTuple_Pack(2, key, value);
    int failed = !pair || PyDict_SetItem(members, name, pair);
    Py_XDECREF(pair);
    return failed;
}

/* Return the value of a mapping, and in `parts` the nodes of its members, in `stop` the offset after it. */
static PyObject *flow_mapping(Reader *reader, const char *at, const char *end, PyObject *parts, const char **stop) {
    const char *start = at;
    PyObject *mapping = PyDict_New();
    if (!mapping) return NULL;
    do {
        PyObject *key, *value, *key_node, *node = NULL;
        int failed;
        at = after_blanks(at + 1, end);
        key = flow_key(reader, &at, end, &key_node);
        value = key ? item(reader, &at, end, &node) : NULL;
        failed = !value || set_once(reader, mapping, key, value) || (node && set_pair(parts, key, key_node, node));
        Py_XDECREF(key);
        Py_XDECREF(value);
        Py_XDECREF(key_node);
        Py_XDECREF(node);
        if (failed) {
            Py_DECREF(mapping);
            return NULL;
        }
    } while (at < end && *at == ',');
    *stop = at + 1;
    if (at < end && *at == '}' && at - start <= LONGEST_FLOW && has_ended(at + 1, end)) return mapping;
    Py_DECREF(mapping);
    return refuse(reader);
}

/* Return the value of a collection in flow style, and in `node` its node where places are wanted. */
static PyObject *flow(Reader *reader, const char *at, const char *end, PyObject **node) {
    int is_list = *at == '[';
    Py_ssize_t column = reader->make ? column_of(reader, at) : 0;
    const char *stop = at + 2;
    PyObject *value, *parts = !reader->make ? NULL : is_list ? PyList_New(0) : PyDict_New();
    if (reader->make && !parts) return NULL;
    if (end - at < 2)
        value = refuse(reader);
    else if (at[1] != '}' && at[1] != ']')
        value = is_list ? flow_list(reader, at, end, parts, &stop) : flow_mapping(reader, at, end, parts, &stop);
    else if (at[1] != *at + 2 || !has_ended(at + 2, end))
        value = refuse(reader);
    else
        value = is_list ? PyList_New(0) : PyDict_New();
    if (value && reader->make) {
        reader->end_row = reader->row;
        reader->end_column = column_of(reader, stop);
        *node = node_of(reader, value, reader->row, column, "");
        if (!*node || PyObject_SetAttrString(*node, is_list ? "items" : "members", parts)) {
            Py_CLEAR(*node);
            Py_CLEAR(value);
        }
    }
    Py_XDECREF(parts);
    return value;
}

/* Return what a text after a colon or a dash means, which is neither empty nor a comment. */
static PyObject *scalar(Reader *reader, const char *at, const char *end, PyObject **node) {
    const char *stop = end_of(at, end);
    PyObject *value;
    if (*at == '{' || *at == '[') return flow(reader, at, end, node);
    if (*at == '"' || *at == '\'')
        value = quoted(reader, at, end);
    else
        value = is_plain(at, stop - at) ? resolved(reader, at, stop - at) : refuse(reader);
    if (value && reader->make && !(*node = node_at(reader, value, at, stop, 1))) Py_CLEAR(value);
    return value;
}

/* Return the offset after the name of an anchor or alias. */
static const char *after_name(const char *at, const char *end) {
    while (at < end && (kinds[(unsigned char)*at] & WORD_START || kinds[(unsigned char)*at] & DIGIT || *at == '-')) at++;
    return at;
}

/* Return the value of a scalar with an anchor, or of an alias of one. */
static PyObject *anchored(Reader *reader, const char *at, const char *end) {
    const char *stop = after_name(at + 1, end), *start = after_blanks(stop, end);
    PyObject *name, *value = NULL, *node = NULL;
    if (stop == at + 1 || reader->make) return refuse(reader); /* places of aliases are left to the reader in Python */
    name = text_of(at + 1, stop - at - 1);
    if (!name) return NULL;
    if (*at == '*') {
        reader->aliases--;
        value = reader->anchors && reader->aliases >= 0 && has_ended(stop, end) ? PyDict_GetItemWithError(reader->anchors, name) : NULL;
        Py_XINCREF(value);
    } else if (start > stop && start < end && *start != '#' && *start != '{' && *start != '[') {
        value = *start == '&' || *start == '*' ? NULL : scalar(reader, start, end, &node);
        if (value && !reader->anchors) reader->anchors = PyDict_New();
        if (value && (!reader->anchors || PyDict_SetItem(reader->anchors, name, value))) Py_CLEAR(value);
    }
    Py_DECREF(name);
    return value || PyErr_Occurred() ? value : refuse(reader);
}

static PyObject *key_of(Reader *reader, const char *at, const char *end) {
    PyObject *value;
    if (end - at > LONGEST_KEY) return refuse(reader);
    while (end > at && end[-1] == ' ') end--;
    if (at < end && (*at == '"' || *at == '\'')) return quoted(reader, at, end);
    if (!is_plain(at, end - at)) return refuse(reader);
    if (end - at == 2 && at[0] == '<' && at[1] == '<') return refuse(reader);
    value = resolved(reader, at, end - at);
    if (!value || PyUnicode_Check(value)) return value;
    Py_DECREF(value);
    return refuse(reader);
}

/* Return the text of a literal block, and in `at` the offset of the line after it, where the lines of it are indented by at least `least`. */
static PyObject *literal(Reader *reader, const char **at, const char *end, Py_ssize_t least, int is_stripped, const char **last) {
    const char *line = *at, *stop = line, *start;
    Py_ssize_t indent;
    char *copy, *to;
    PyObject *made;
    while (stop < end) {
        const char *first = stop, *next = memchr(stop, '\n', (size_t)(end - stop));
        while (*first == ' ') first++;
        if (first - stop < least && *first != '\n') break;
        stop = (next ? next : end - 1) + 1;
    }
    *at = stop;
    for (*last = stop; *last > line && memchr(" \t\n", (*last)[-1], 3); (*last)--) {}
    for (start = line; start < stop && *start == ' '; start++) {}
    if (start == stop) return text_of("", 0);
    if (*start == '\n' || *start == '\t') return refuse(reader);
    indent = start - line;
    to = copy = PyMem_Malloc((size_t)(stop - line));
    if (!copy) return PyErr_NoMemory();
    while (line < stop) {
        const char *next = (const char *)memchr(line, '\n', (size_t)(stop - line)) + 1, *first = line;
        while (first - line < indent && *first == ' ') first++;
        if (first - line < indent && *first != '\n') {
            PyMem_Free(copy);
            return refuse(reader);
        }
        memcpy(to, first, (size_t)(next - first));
        to += next - first;
        line = next;
    }
    while (to > copy && to[-1] == '\n') to--;
    if (!is_stripped) *to++ = '\n'; /* in the place of one that was there */
    made = PyUnicode_DecodeUTF8(copy, to - copy, NULL);
    PyMem_Free(copy);
    return made;
}

/* Return the offset of the colon after a key that begins at an offset, NULL where there is no key. */
static const char *colon_after(const char *at) {
    if (*at == '[' || *at == '{' || *at == ':' || *at == '\n' || *at == '#') return NULL;
    for (;; at++) {
        if (*at == '\n' || *at == '#') return NULL;
        if (*at == ':' && (at[1] == ' ' || at[1] == '\n')) return at;
    }
}

/* Add a part to a collection: a value with its node where places are wanted. */
static int add(Level *level, PyObject *name, PyObject *key, PyObject *value, PyObject *node) {
    if (level->is_list) return PyList_Append(level->container, value) || (node && PyList_Append(level->parts, node));
    return PyDict_SetItem(level->container, name, value) || (node && set_pair(level->parts, name, key, node));
}

/* Add a collection to the one around it, and go into it; its places end where it ends, which `close_level` tells. */
static int open_level(Reader *reader, Level *level, PyObject *name, PyObject *key, Py_ssize_t column, int is_list) {
    PyObject *made = is_list ? PyList_New(0) : PyDict_New(), *node = NULL, *parts = NULL;
    Level inner;
    int failed = !made;
    if (!failed && reader->make) {
        parts = is_list ? PyList_New(0) : PyDict_New();
        node = parts ? node_of(reader, made, reader->row, column + 1, "") : NULL;
        failed = !node || PyObject_SetAttrString(node, is_list ? "items" : "members", parts);
    }
    failed = failed || add(level, name, key, made, node);
    inner.container = made;
    inner.node = node;
    inner.parts = parts;
    inner.column = column;
    inner.is_list = is_list;
    *level = inner;
    Py_XDECREF(made);
    Py_XDECREF(node);
    Py_XDECREF(parts);
    return failed;
}

static int set_number(PyObject *node, const char *name, Py_ssize_t value) {
    PyObject *number = PyLong_FromSsize_t(value);
    int failed = !number || PyObject_SetAttrString(node, name, number);
    Py_XDECREF(number);
    return failed;
}

/* Let a collection in block style end where its last value ended. */
static int close_level(const Level *level, Py_ssize_t row, Py_ssize_t column) {
    return level->node && (set_number(level->node, "end_line", row) || set_number(level->node, "end_column", column));
}

/* A key whose value is not known yet: it is on the lines that follow, or there is none. */
typedef struct {
    PyObject *name, *node;
    Py_ssize_t row, column; /* right after its colon, where a value that is not there stands */
} Pending;

static void forget(Pending *pending) {
    Py_CLEAR(pending->name);
    Py_CLEAR(pending->node);
}

/* Give the key that is pending no value. */
static int add_nothing(Reader *reader, Level *level, Pending *pending) {
    PyObject *node = NULL;
    int failed = 0;
    if (reader->make) {
        node = PyObject_CallFunction(reader->make, "Onnnns", Py_None, pending->row, pending->column, pending->row, pending->column, "");
        failed = !node;
    }
    failed = failed || add(level, pending->name, pending->node, Py_None, node);
    Py_XDECREF(node);
    forget(pending);
    return failed;
}

/* Return the value of a literal block and its node, and in `at` the offset of the line after it. */
static PyObject *block(Reader *reader, const char *head, const char **at, const char *end, Py_ssize_t least, PyObject **node) {
    const char *body = *at, *last, *line, *c;
    int is_stripped = head[1] == '-';
    Py_ssize_t column = reader->make ? column_of(reader, head) : 0, row = reader->row;
    PyObject *value = literal(reader, at, end, least, is_stripped, &last);
    if (!value || !reader->make) return value;
    reader->end_row = row;
    reader->end_column = column + 1 + is_stripped;
    if (last > body) {
        reader->end_row++;
        for (line = c = body; c < last; c++)
            if (*c == '\n') reader->end_row++, line = c + 1;
        reader->end_column = 1;
        for (c = line; c < last; c++) reader->end_column += (*c & 0xc0) != 0x80;
        if ((unsigned char)last[-1] == 0x80 && last - body > 2 && (unsigned char)last[-3] == 0xe1) { /* U+1680 may be blank */
            Py_DECREF(value);
            return refuse(reader);
        }
    }
    *node = node_of(reader, value, row, column, "|");
    if (!*node) Py_CLEAR(value);
    return value;
}

/* Read a text whose last line ends as all others do; `root` is an empty dict, and `whole` becomes its node where places are wanted.
 * Return the offset of its first key, NULL where it is refused. */
static const char *read_lines(Reader *reader, const char *text, const char *end, PyObject *root, PyObject **whole) {
    Level stack[STACK], level = {NULL, NULL, NULL, -1, 0};
    Py_ssize_t height = 1, last_row = 0, last_column = 0, next_row = reader->row;
    PyObject *name = NULL, *key = NULL, *value = NULL, *node = NULL;
    Pending pending = {NULL, NULL, 0, 0};
    const char *at = text, *first = NULL;
    stack[0] = level;
    while (at < end) {
        const char *content = at, *dash, *colon, *line_end = memchr(at, '\n', (size_t)(end - at));
        Py_ssize_t column, dash_size, colon_column = 0;
        int is_set;
        if (!line_end) goto refused;
        reader->row = next_row++;
        reader->seen = at;
        reader->column = 1;
        while (*content == ' ') content++;
        column = content - at;
        dash = content;
        if (*content == '-' && content[1] == ' ')
            for (content++; *content == ' '; content++) {}
        dash_size = content - dash;
        at = line_end + 1;
        colon = colon_after(content);
        if (colon) {
            name = key_of(reader, content, colon);
            if (!name) goto failed;
            if (reader->make) {
                const char *stop = colon;
                while (stop[-1] == ' ') stop--;
                key = node_at(reader, name, content, stop, 1);
                if (!key) goto failed;
                colon_column = column_of(reader, colon + 1);
            }
            for (content = colon + 1; *content == ' '; content++) {}
        }
        if (content == line_end || *content == '#') {
            if (!colon && !dash_size) continue;
        } else if (*content == '|') {
            const char *after = content + 1 + (content[1] == '-'), *line;
            while (*after == ' ') after++;
            if (after != line_end || (dash_size && (dash_size != 2 || !colon))) goto refused;
            line = at;
            value = block(reader, content, &at, end, column + (dash_size ? 3 : 1), &node);
            if (!value) goto failed;
            for (; reader->make && line < at; line++) next_row += *line == '\n';
        } else {
            value = *content == '&' || *content == '*' ? anchored(reader, content, line_end) : scalar(reader, content, line_end, &node);
            if (!value) goto failed;
        }
        if (height + 2 > STACK) goto refused;
        if (dash_size) {
            if (pending.name && column >= level.column) {
                stack[height++] = level;
                if (open_level(reader, &level, pending.name, pending.node, column, 1)) goto failed;
                forget(&pending);
            } else if (pending.name) {
                last_row = pending.row, last_column = pending.column;
                if (add_nothing(reader, &level, &pending)) goto failed;
            }
        } else if (!colon) {
            goto refused;
        } else if (!first) {
            first = dash;
            level.container = root;
            level.column = column;
            if (reader->make) {
                level.node = *whole = node_of(reader, root, reader->row, column + 1, "");
                level.parts = PyDict_New();
                if (!*whole || !level.parts || PyObject_SetAttrString(*whole, "members", level.parts)) {
                    Py_XDECREF(level.parts);
                    goto failed;
                }
                Py_DECREF(level.parts);
            }
        } else if (pending.name && column > level.column) {
            stack[height++] = level;
            if (open_level(reader, &level, pending.name, pending.node, column, 0)) goto failed;
            forget(&pending);
        } else if (pending.name) {
            last_row = pending.row, last_column = pending.column;
            if (add_nothing(reader, &level, &pending)) goto failed;
        }
        while (level.column > column || (!dash_size && level.column == column && level.is_list)) {
            if (close_level(&level, last_row, last_column)) goto failed;
            level = stack[--height];
        }
        if (level.column != column || (dash_size && !level.is_list)) goto refused;
        if (value) last_row = reader->end_row, last_column = reader->end_column;
        if (dash_size && !colon) {
            if (!value) goto refused;
            if (add(&level, NULL, NULL, value, node)) goto failed;
            Py_CLEAR(value);
            Py_CLEAR(node);
            continue;
        }
        if (dash_size) {
            stack[height++] = level;
            if (open_level(reader, &level, NULL, NULL, column + dash_size, 0)) goto failed;
        }
        is_set = PyDict_Contains(level.container, name);
        if (is_set > 0) goto refused;
        if (is_set < 0) goto failed;
        if (value) {
            if (add(&level, name, key, value, node)) goto failed;
            Py_CLEAR(value);
            Py_CLEAR(node);
            Py_CLEAR(name);
            Py_CLEAR(key);
        } else {
            if (height > DEEPEST) goto refused;
            pending.name = name;
            pending.node = key;
            pending.row = reader->row;
            pending.column = colon_column;
            name = key = NULL;
        }
    }
    if (!first) goto refused;
    if (pending.name) {
        last_row = pending.row, last_column = pending.column;
        if (add_nothing(reader, &level, &pending)) goto failed;
    }
    for (; height > 1 && reader->make; level = stack[--height])
        if (close_level(&level, last_row, last_column)) goto failed;
    if (close_level(&level, last_row, last_column)) goto failed;
    return first;
refused:
    refuse(reader);
failed:
    forget(&pending);
    Py_XDECREF(name);
    Py_XDECREF(key);
    Py_XDECREF(value);
    Py_XDECREF(node);
    return NULL;
}

/* Read a text. Return a new dict, NULL where it is refused or something failed; `places` are line and column, from 0, of its first key. */
static PyObject *mapping_of(Reader *reader, PyObject *text, PyObject **whole, Py_ssize_t places[2]) {
    PyObject *bytes = PyUnicode_AsUTF8String(text), *root = NULL;
    char *start;
    const char *first, *at, *line;
    Py_ssize_t size;
    if (!bytes) { /* a lone surrogate */
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return NULL;
        PyErr_Clear();
        return refuse(reader);
    }
    if (PyBytes_AsStringAndSize(bytes, &start, &size)) {
        Py_DECREF(bytes);
        return NULL;
    }
    if (!size || start[size - 1] != '\n' || !is_ordinary((unsigned char *)start, (unsigned char *)start + size))
        refuse(reader);
    else
        root = PyDict_New();
    if (root) {
        first = read_lines(reader, start, start + size, root, whole);
        if (first) {
            places[0] = 0;
            for (at = line = start; at < first; at++)
                if (*at == '\n') places[0]++, line = at + 1;
            places[1] = first - line;
        } else {
            Py_CLEAR(root);
        }
    }
    Py_XDECREF(reader->anchors);
    Py_DECREF(bytes);
    return root;
}

static PyObject *refusal(const Reader *reader) {
    return reader->refused && !PyErr_Occurred() ? held(Py_None) : NULL;
}

static PyObject *read_text(PyObject *module, PyObject *args) {
    Reader reader = {0};
    PyObject *text, *root, *none = NULL;
    Py_ssize_t places[2];
    (void)module;
    if (!PyArg_ParseTuple(args, "UOn:read", &text, &reader.resolve, &reader.aliases)) return NULL;
    root = mapping_of(&reader, text, &none, places);
    return root ? Py_BuildValue("Nnnn", root, places[0], places[1], reader.aliases) : refusal(&reader);
}

static PyObject *read_places(PyObject *module, PyObject *args) {
    Reader reader = {0};
    PyObject *text, *root, *whole = NULL;
    Py_ssize_t places[2];
    (void)module;
    if (!PyArg_ParseTuple(args, "UOOn:read_places", &text, &reader.resolve, &reader.make, &reader.row)) return NULL;
    root = mapping_of(&reader, text, &whole, places);
    if (!root) Py_CLEAR(whole);
    Py_XDECREF(root);
    return root ? whole : refusal(&reader);
}

/* The words that were asked for lately, by their first two bytes: a text is walked through once for all of them. */
enum { WORD_LISTS = 4, MOST_WORDS = 255, PAIRS = 1 << 16 };
static struct {
    PyObject *words; /* the tuple, which is held so that no other one can have its place */
    const char *bytes[MOST_WORDS + 1];
    Py_ssize_t sizes[MOST_WORDS + 1];
    unsigned char next[MOST_WORDS + 1]; /* the next word with the same two bytes, 0 for none */
    unsigned char first[PAIRS];         /* the first word with these two bytes, 0 for none */
} lists[WORD_LISTS];
static unsigned int lists_made;

/* Return the place of a list of words, -1 with an exception for what is none: each has two bytes or more. */
static int list_of(PyObject *words) {
    Py_ssize_t count, i;
    unsigned int place;
    for (place = 0; place < WORD_LISTS; place++)
        if (lists[place].words == words) return (int)place;
    count = PyTuple_Size(words);
    if (count < 0) return -1;
    place = lists_made % WORD_LISTS;
    Py_CLEAR(lists[place].words);
    memset(lists[place].first, 0, PAIRS);
    for (i = 0; i < count && count <= MOST_WORDS; i++) {
        char *bytes;
        Py_ssize_t size;
        unsigned int pair, number = (unsigned int)i + 1;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(words, i), &bytes, &size)) return -1;
        if (size < 2) break;
        pair = (unsigned char)bytes[0] | (unsigned int)(unsigned char)bytes[1] << 8;
        lists[place].bytes[number] = bytes;
        lists[place].sizes[number] = size;
        lists[place].next[number] = lists[place].first[pair];
        lists[place].first[pair] = (unsigned char)number;
    }
    if (i < count) {
        PyErr_SetString(PyExc_ValueError, "at most 255 words, of two bytes or more");
        return -1;
    }
    Py_INCREF(words);
    lists[place].words = words;
    lists_made++;
    return (int)place;
}

static PyObject *holds_any(PyObject *module, PyObject *args) {
    PyObject *text, *words;
    char *start;
    const unsigned char *at, *end;
    Py_ssize_t size;
    int place;
    (void)module;
    if (!PyArg_ParseTuple(args, "SO:holds_any", &text, &words) || PyBytes_AsStringAndSize(text, &start, &size)) return NULL;
    if ((place = list_of(words)) < 0) return NULL;
    at = (const unsigned char *)start;
    for (end = at + size; end - at >= 2; at++) {
        unsigned char number = lists[place].first[at[0] | (unsigned int)at[1] << 8];
        for (; number; number = lists[place].next[number])
            if (lists[place].sizes[number] <= end - at && !memcmp(lists[place].bytes[number], at, (size_t)lists[place].sizes[number]))
                return PyBool_FromLong(1);
    }
    return PyBool_FromLong(0);
}

/* glibc raises the size from which memory is mapped for itself with what was freed, so that short texts that stay hold long ones that went. */
static PyObject *spare_memory(PyObject *module, PyObject *args) {
    (void)module;
    (void)args;
#ifdef __GLIBC__
    return PyBool_FromLong(mallopt(M_MMAP_THRESHOLD, 128 * 1024) == 1 && mallopt(M_TRIM_THRESHOLD, 128 * 1024) == 1);
#else
    return PyBool_FromLong(0);
#endif
}

static PyMethodDef methods[] = {
    {"holds_any", holds_any, METH_VARARGS, "Tell whether any of a tuple of words, of two bytes or more, is in bytes."},
    {"read", read_text, METH_VARARGS, "Return the mapping in a text with the line and the column, from 0, of its first key; None where it may be something else."},
    {"read_places", read_places, METH_VARARGS, "Return the node of the mapping in a text that starts on a line; None where it may be something else."},
    {"spare_memory", spare_memory, METH_NOARGS, "Let the memory of long texts go back to the system as soon as it is free."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_reader", "Reads plain block style.", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__reader(void) {
    PyObject *module = PyModule_Create(&definition);
    fill_kinds();
    if (module && PyModule_AddIntConstant(module, "FORM", 3)) Py_CLEAR(module);
    return module;
}
