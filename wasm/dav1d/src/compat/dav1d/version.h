/* The version of the interface, as dav1d's build writes it from its meson.build. */
#ifndef DAV1D_VERSION_H
#define DAV1D_VERSION_H
#define DAV1D_API_VERSION_MAJOR 6
#define DAV1D_API_VERSION_MINOR 7
#define DAV1D_API_VERSION_PATCH 0
#endif
