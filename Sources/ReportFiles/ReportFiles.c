// autointerp
// Embeds the files of web/ into the program. `#embed` is cheap to compile, and a changed file is compiled again.
// SPDX-License-Identifier: Apache-2.0
#include "ReportFiles.h"

// An extension of clang in C before C23.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char style[] = {
#embed "web/report.css"
};
static const unsigned char script[] = {
#embed "web/report.js"
};

const unsigned char *reportStyle(unsigned long *count) {
  *count = sizeof style;
  return style;
}

const unsigned char *reportScript(unsigned long *count) {
  *count = sizeof script;
  return script;
}
