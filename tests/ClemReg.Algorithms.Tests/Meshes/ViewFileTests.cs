using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Meshes;

public sealed class ViewFileTests : IDisposable
{
    private static readonly Grid Grid = new(new Size3(30, 30, 40), new Point3(20, 10, 10), new Point3(500, -100, 0));
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static JsonObject Measures(params object[] classes) => new()
    {
        ["columns"] = new JsonArray("label", "class"),
        ["rows"] = new JsonArray([.. classes.Select((c, i) => (JsonNode)new JsonArray(i, JsonValue.Create((string)c)))]),
    };

    private static JsonNode Data(string page, string id) => JsonNode.Parse(Regex.Match(page, $"<script type=\"application/json\" id=\"{id}\">(.*?)</script>", RegexOptions.Singleline).Groups[1].Value)!;

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void The_page_holds_the_meshes_to_a_fraction_of_their_boxes(double finer)
    {
        // The finer one has more vertices than 16 bits can number.
        (LabelVolume labels, _) = Shape.Torus(100, 40).In(new Point3(10 / finer, 10, 10 / finer), 2);
        TriangleMesh mesh = ObjectSurface.Of(labels, labels.Objects[0], new SurfaceOptions(), new Job(2));
        Assert.Equal(finer > 1, mesh.Vertices.Length > 65536);
        string path = Path.Combine(_folder, "view.html");
        const string hostile = "</script><b>&\"'+é";
        using (var view = new ViewFile(path, long.MaxValue))
        {
            view.Add(new SceneObject(70000, hostile, new Rgb(255, 0, 9), mesh));
            view.Add(new SceneObject(3, "", new Rgb(1, 2, 3), mesh));
            Assert.True(view.Finish(Grid, Measures(hostile, "")));
            Assert.InRange(view.Bytes, new FileInfo(path).Length - 100, new FileInfo(path).Length);
        }
        string page = File.ReadAllText(path);
        JsonNode[] objects = [.. Data(page, "meshes").AsArray()!];
        Assert.Equal(2, objects.Length);
        Assert.Equal((70000, hostile, "#ff0009"), ((int)objects[0]["label"]!, (string)objects[0]["class"]!, (string)objects[0]["colour"]!));
        ushort[] places = MemoryMarshal.Cast<byte, ushort>(Convert.FromBase64String((string)objects[0]["vertices"]!)).ToArray();
        Assert.Equal(3 * mesh.Vertices.Length, places.Length);
        double[] low = [.. objects[0]["low"]!.AsArray().Select(v => (double)v!)], step = [.. objects[0]["step"]!.AsArray().Select(v => (double)v!)];
        for (int i = 0; i < mesh.Vertices.Length; i++)
        {
            var p = new Point3(low[2] + step[2] * places[3 * i + 2], low[1] + step[1] * places[3 * i + 1], low[0] + step[0] * places[3 * i]);
            Assert.True((p - mesh.Vertices[i]).Length < 0.005, $"{p} for {mesh.Vertices[i]}");
        }
        byte[] corners = Convert.FromBase64String((string)objects[0]["triangles"]!);
        Assert.Equal(mesh.Triangles, finer > 1 ? MemoryMarshal.Cast<byte, int>(corners).ToArray() : MemoryMarshal.Cast<byte, ushort>(corners).ToArray().Select(v => (int)v));
        JsonNode about = Data(page, "about");
        // x, y, z, half a voxel beyond the centres.
        Assert.Equal([-5, -105, 490], about["low"]!.AsArray().Select(v => (double)v!));
        Assert.Equal([395, 195, 1090], about["high"]!.AsArray().Select(v => (double)v!));
        Assert.Equal(hostile, (string)about["rows"]![0]![1]!);
    }

    [Fact]
    public void The_page_needs_nothing_else()
    {
        string path = Path.Combine(_folder, "view.html");
        using (var view = new ViewFile(path, long.MaxValue)) view.Finish(Grid, Measures());
        string page = File.ReadAllText(path);
        Assert.StartsWith("<!DOCTYPE html>", page, StringComparison.Ordinal);
        Assert.EndsWith("</html>\n", page, StringComparison.Ordinal);
        // Addresses stand in remarks of three.js only; that nothing is asked for is seen in a browser (tests/plugin/view_page.py).
        foreach (string outside in new[] { "<script src", "<link", "<img", "import(", "importScripts", "fetch(", "XMLHttpRequest", "WebSocket", "url(" }) Assert.DoesNotContain(outside, page, StringComparison.Ordinal);
        Assert.Equal(3, page.Split("</script>").Length - 1);
        Assert.Contains("three.js authors", page, StringComparison.Ordinal);
        Assert.Contains("THE SOFTWARE IS PROVIDED \"AS IS\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_beyond_its_limit_is_given_up_and_says_how_large_it_would_be()
    {
        (LabelVolume labels, _) = Shape.Ellipsoid(60, 60, 60).In(new Point3(10, 10, 10), 2);
        TriangleMesh mesh = ObjectSurface.Of(labels, labels.Objects[0], new SurfaceOptions(), new Job(2));
        string path = Path.Combine(_folder, "view.html");
        long bytes;
        using (var view = new ViewFile(path, long.MaxValue))
        {
            view.Add(new SceneObject(1, "", default, mesh));
            Assert.True(view.Finish(Grid, Measures("")));
            bytes = view.Bytes;
        }
        foreach (long limit in new[] { bytes, bytes - 1, 100 })
            using (var view = new ViewFile(path, limit))
            {
                view.Add(new SceneObject(1, "", default, mesh));
                Assert.Equal(limit == bytes, view.Finish(Grid, Measures("")));
                Assert.Equal(bytes, view.Bytes);
                Assert.Equal(limit == bytes, File.Exists(path));
            }
    }
}
