// autointerp
// Embeds the files of web/ into the program. `#embed` is cheap to compile, and a changed file is compiled again.
// SPDX-License-Identifier: Apache-2.0
#include "DashboardFiles.h"

// An extension of clang in C before C23.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char dashboardHTML[] = {
#embed "web/dashboard.html"
};
static const unsigned char signInHTML[] = {
#embed "web/sign-in.html"
};
static const unsigned char headHTML[] = {
#embed "web/head.html"
};
static const unsigned char styleCSS[] = {
#embed "web/style.css"
};
static const unsigned char workersCSS[] = {
#embed "web/workers.css"
};
static const unsigned char baseJS[] = {
#embed "web/base.js"
};
static const unsigned char runsJS[] = {
#embed "web/runs.js"
};
static const unsigned char chartsJS[] = {
#embed "web/charts.js"
};
static const unsigned char workersJS[] = {
#embed "web/workers.js"
};
static const unsigned char workerListJS[] = {
#embed "web/worker-list.js"
};
static const unsigned char errorsJS[] = {
#embed "web/errors.js"
};
static const unsigned char neuronsJS[] = {
#embed "web/neurons.js"
};
static const unsigned char liveJS[] = {
#embed "web/live.js"
};
static const unsigned char signInJS[] = {
#embed "web/sign-in.js"
};
static const unsigned char atlasHTML[] = {
#embed "web/atlas.html"
};
static const unsigned char atlasCSS[] = {
#embed "web/atlas.css"
};
static const unsigned char atlasBaseJS[] = {
#embed "web/atlas-base.js"
};
static const unsigned char atlasPlotsJS[] = {
#embed "web/atlas-plots.js"
};
static const unsigned char atlasSearchJS[] = {
#embed "web/atlas-search.js"
};
static const unsigned char atlasNeuronJS[] = {
#embed "web/atlas-neuron.js"
};
static const unsigned char atlasPictureJS[] = {
#embed "web/atlas-picture.js"
};
static const unsigned char atlasPromptJS[] = {
#embed "web/atlas-prompt.js"
};
static const unsigned char atlasCompareJS[] = {
#embed "web/atlas-compare.js"
};
static const unsigned char atlasModulesJS[] = {
#embed "web/atlas-modules.js"
};
static const unsigned char atlasMainJS[] = {
#embed "web/atlas-main.js"
};

#define FILE(name, bytes) {name, bytes, sizeof bytes}
static const struct DashboardFile files[] = {
    FILE("dashboard.html", dashboardHTML), FILE("sign-in.html", signInHTML), FILE("head.html", headHTML),
    FILE("style.css", styleCSS),           FILE("workers.css", workersCSS),
    FILE("base.js", baseJS),               FILE("runs.js", runsJS),
    FILE("charts.js", chartsJS),           FILE("workers.js", workersJS),
    FILE("worker-list.js", workerListJS),  FILE("errors.js", errorsJS),
    FILE("neurons.js", neuronsJS),         FILE("live.js", liveJS),
    FILE("sign-in.js", signInJS),
    FILE("atlas.html", atlasHTML),
    FILE("atlas.css", atlasCSS),
    FILE("atlas-base.js", atlasBaseJS),
    FILE("atlas-plots.js", atlasPlotsJS),
    FILE("atlas-search.js", atlasSearchJS),
    FILE("atlas-neuron.js", atlasNeuronJS),
    FILE("atlas-picture.js", atlasPictureJS),
    FILE("atlas-prompt.js", atlasPromptJS),
    FILE("atlas-compare.js", atlasCompareJS),
    FILE("atlas-modules.js", atlasModulesJS),
    FILE("atlas-main.js", atlasMainJS),
};

const struct DashboardFile *dashboardFiles(unsigned long *count) {
  *count = sizeof files / sizeof *files;
  return files;
}
