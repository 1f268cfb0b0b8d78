using System.Text.Json.Nodes;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Grids in reports.</summary>
internal static class GridJson
{
    /// <summary>size, spacing and origin, each z, y, x; lengths in nm.</summary>
    public static JsonObject Describe(Grid grid) => new()
    {
        ["size"] = new JsonArray(grid.Size.Z, grid.Size.Y, grid.Size.X),
        ["spacing"] = new JsonArray(grid.Spacing.Z, grid.Spacing.Y, grid.Spacing.X),
        ["origin"] = new JsonArray(grid.Origin.Z, grid.Origin.Y, grid.Origin.X),
    };
}
