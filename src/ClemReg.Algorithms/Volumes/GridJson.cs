using System.Text.Json.Nodes;

namespace ClemReg.Algorithms.Volumes;

/// <summary>Positions and grids in reports and files.</summary>
public static class GridJson
{
    /// <summary>size, spacing and origin, each z, y, x; lengths in nm.</summary>
    public static JsonObject Describe(Grid grid)
    {
        var json = new JsonObject();
        Add(grid, json);
        return json;
    }

    /// <summary>Adds size, spacing and origin to an object.</summary>
    public static void Add(Grid grid, JsonObject json)
    {
        json["size"] = new JsonArray(grid.Size.Z, grid.Size.Y, grid.Size.X);
        json["spacing"] = Triple(grid.Spacing);
        json["origin"] = Triple(grid.Origin);
    }

    /// <summary>z, y, x.</summary>
    public static JsonArray Triple(Point3 p) => new(p.Z, p.Y, p.X);
}
