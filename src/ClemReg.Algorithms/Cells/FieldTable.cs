using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Transforms.Interchange;

namespace ClemReg.Algorithms.Cells;

/// <summary>
/// Fields of view as files. Sections count from 1; x, y, width and height are pixels of the image in which cells were found, the upper left pixel being 0, 0; what ends in _um lies on
/// the stage. A field is a rectangle there, turned by rotation_deg; its corners are those of the image: upper left, upper right, lower right, lower left.
/// </summary>
public static class FieldTable
{
    /// <summary>The columns of the table.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "field", "slice", "last_slice", "x", "y", "width", "height", "centre_x_um", "centre_y_um", "width_um", "height_um", "rotation_deg",
        "corner_1_x_um", "corner_1_y_um", "corner_2_x_um", "corner_2_y_um", "corner_3_x_um", "corner_3_y_um", "corner_4_x_um", "corner_4_y_um", "cells",
    ];

    /// <summary>The values of a field in the order of <see cref="Columns"/>: whole numbers and, on the stage, doubles rounded to nanometres.</summary>
    public static object[] Row(int number, FieldOfView field, StageMap map)
    {
        (double X, double Y)[] corners = Corners(field, map);
        (double x, double y) = Centre(field, map);
        return
        [
            number, field.First + 1, field.Last + 1, field.X, field.Y, field.Width, field.Height,
            Nanometres(x), Nanometres(y), Nanometres(field.Width * map.PixelX), Nanometres(field.Height * map.PixelY), Math.Round(map.Degrees, 6),
            .. corners.SelectMany(c => new object[] { Nanometres(c.X), Nanometres(c.Y) }), field.Cells,
        ];
    }

    /// <summary>A line a field: centre x, y, width, height, micrometres on the stage.</summary>
    public static string List(IEnumerable<FieldOfView> fields, StageMap map)
    {
        var text = new StringBuilder();
        foreach (FieldOfView field in fields)
        {
            (double x, double y) = Centre(field, map);
            text.Append(CultureInfo.InvariantCulture, $"{Nanometres(x)} {Nanometres(y)} {Nanometres(field.Width * map.PixelX)} {Nanometres(field.Height * map.PixelY)}\n");
        }
        return text.ToString();
    }

    /// <summary>A field as JSON.</summary>
    public static JsonObject Json(int number, FieldOfView field, StageMap map) => new()
    {
        ["field"] = number,
        ["slices"] = new JsonArray(field.First + 1, field.Last + 1),
        ["pixels"] = new JsonObject { ["x"] = field.X, ["y"] = field.Y, ["width"] = field.Width, ["height"] = field.Height },
        ["stage_um"] = new JsonObject
        {
            ["centre"] = Pair(Centre(field, map)),
            ["width"] = Nanometres(field.Width * map.PixelX),
            ["height"] = Nanometres(field.Height * map.PixelY),
            ["rotation_deg"] = Math.Round(map.Degrees, 6),
            ["corners"] = new JsonArray([.. Corners(field, map).Select(c => (JsonNode)Pair(c))]),
        },
        ["cells"] = field.Cells,
    };

    /// <summary>Reads the rectangles of a table that was exported, each in each of its sections; a table of boxes is read too.</summary>
    /// <param name="text">The file's content.</param>
    /// <exception cref="BadInputException">No such table; the message names the line.</exception>
    public static IReadOnlyList<Box> Read(string text)
    {
        var boxes = new List<Box>();
        foreach ((Box first, string lastSlice, int line) in BoxTable.Rows(text, "last_slice"))
        {
            int last = first.Slice + 1;
            if (lastSlice.Length > 0 && (!int.TryParse(lastSlice, NumberStyles.None, CultureInfo.InvariantCulture, out last) || last <= first.Slice || last > first.Slice + 100_000))
                throw new BadInputException($"line {line}: last_slice is '{Xyz.Short(lastSlice)}': it must be a whole number from slice on.");
            for (int z = first.Slice; z < last; z++) boxes.Add(first with { Slice = z });
        }
        return boxes;
    }

    private static (double X, double Y) Centre(FieldOfView f, StageMap map) => map.Of(f.X + (f.Width - 1) / 2.0, f.Y + (f.Height - 1) / 2.0);

    /// <summary>Pixels count from the first one's centre, so a field begins half a pixel before its first one.</summary>
    private static (double X, double Y)[] Corners(FieldOfView f, StageMap map)
    {
        double left = f.X - 0.5, top = f.Y - 0.5, right = left + f.Width, bottom = top + f.Height;
        return [map.Of(left, top), map.Of(right, top), map.Of(right, bottom), map.Of(left, bottom)];
    }

    private static double Nanometres(double micrometres) => Math.Round(micrometres, 3) + 0.0;

    private static JsonArray Pair((double X, double Y) point) => new(Nanometres(point.X), Nanometres(point.Y));
}
